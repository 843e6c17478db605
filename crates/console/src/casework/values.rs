//! The words of the framework as types: one code each, the same in the vault, in JSON and in the domain's data.

use serde::{Deserialize, Serialize};

/// A list of words, each with its code.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $code:literal),+ $(,)? })+) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        pub enum $name { $($(#[$of])* #[serde(rename = $code)] $variant),+ }

        impl $name {
            /// Every word of the list, in its order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its code.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// The word of that code.
            #[must_use]
            pub fn parse(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|word| word.code() == code)
            }
        }
    )+ };
}

codes! {
    /// How urgent a case is.
    Urgency {
        /// Act within hours.
        U1 = "U1",
        /// Going on, or soon.
        U2 = "U2",
        /// Past, or administrative.
        U3 = "U3",
        /// A trend or a law without an individual case.
        U4 = "U4",
        /// Out of scope and without danger.
        U0 = "U0_none",
    }

    /// Where a case is.
    Stage {
        /// It came in.
        Imported = "imported",
        /// An officer has read it.
        Opened = "opened",
        /// An officer has set its urgency.
        Triaged = "triaged",
        /// Cooperation, act and link were weighed.
        Assessed = "assessed",
        /// The permissions were gone through.
        ConsentChecked = "consent_checked",
        /// What to recommend is decided.
        Decided = "decided",
        /// Packets are made.
        Acting = "acting",
        /// An answer is waited for.
        AwaitingReply = "awaiting_reply",
        /// What became of it is followed.
        FollowUp = "follow_up",
        /// It is at its end.
        Closed = "closed",
    }

    /// What holds a case up, in any stage.
    Hold {
        /// The submitter was asked something.
        AwaitingSubmitter = "awaiting_submitter",
        /// A permission was asked for.
        AwaitingConsent = "awaiting_consent",
        /// The person wishes that nothing is done.
        WithheldAtRequest = "withheld_at_request",
    }

    /// How a case ended.
    End {
        /// It was resolved.
        Resolved = "closed_resolved",
        /// Nobody answered for a year.
        NoContact = "closed_no_contact",
        /// It is none of ours; where to turn was said.
        OutOfScopeReferred = "out_of_scope_referred",
        /// It went into another case.
        Merged = "merged",
        /// The person took it back.
        Withdrawn = "withdrawn",
        /// It was abuse.
        RejectedAbusive = "rejected_abusive",
    }

    /// One of the three tests of an assessment.
    Test {
        /// Did the person cooperate with the United Nations, or seek to?
        Cooperation = "cooperation",
        /// Was there an act?
        Act = "act",
        /// Is the act because of the cooperation?
        Link = "link",
    }

    /// An answer that may be missing.
    Known {
        /// Yes.
        Yes = "yes",
        /// No.
        No = "no",
        /// Not known.
        Unknown = "unknown",
    }

    /// How an allegation stands.
    Assessment {
        /// Nobody weighed it yet.
        Unassessed = "unassessed",
        /// Possible.
        Possible = "possible",
        /// Likely.
        Likely = "likely",
        /// Confirmed.
        Confirmed = "confirmed",
        /// Unlikely.
        Unlikely = "unlikely",
    }

    /// Whether an act discourages cooperation or answers it.
    ActNature {
        /// Discourages what is to come.
        Intimidation = "intimidation",
        /// Answers what was.
        Reprisal = "reprisal",
    }

    /// When an act is.
    Timing {
        /// Over.
        Past = "past",
        /// Going on.
        Ongoing = "ongoing",
        /// Feared.
        Prospective = "prospective",
    }

    /// What a State is to a case.
    StateRole {
        /// Its authorities are said to have acted.
        AllegedResponsible = "alleged_responsible",
        /// It hosts or protects the person.
        Host = "host_state_protection",
        /// A letter may go to it.
        Addressee = "addressee",
        /// The person excluded it.
        NeverContact = "never_contact",
    }

    /// How two cases belong together.
    LinkKind {
        /// The same matter, told by somebody else.
        DuplicateOf = "duplicate_of",
        /// The same report, sent again.
        SentTwice = "sent_twice",
        /// Goes on from the other.
        FollowUpOf = "follow_up_of",
        /// One visit of an institution; their deny lists count together.
        SameVisit = "same_visit",
    }

    /// Who reads a note.
    NoteFor {
        /// Whoever does casework.
        Casework = "casework",
        /// The addressees too: it goes with every packet.
        Addressees = "addressees",
    }

    /// Whether a person of a case is one or many.
    PersonKind {
        /// One person.
        Individual = "individual",
        /// A group, community or organisation; named representatives speak for it.
        Group = "group",
    }

    /// What a Government's answer is worth.
    ReplyClass {
        /// It answers.
        Substantive = "substantive",
        /// It answers some of it.
        Partial = "partial",
        /// It says that the letter came.
        Acknowledgement = "acknowledgement",
        /// It denies.
        RejectsAllegation = "rejects_allegation",
        /// There is none.
        None = "none",
    }

    /// For what a permission is.
    Purpose {
        /// Keep and count.
        FocalPoint = "focal_point",
        /// Mandate holders and the staff who support them.
        MandateHolders = "mandate_holders",
        /// ASG, High Commissioner, President of the Human Rights Council.
        Senior = "asg_hc_hrc_president",
        /// The United Nations in the country of risk.
        UnFieldPresenceInCountry = "un_field_presence_in_country",
        /// A Government, each State for itself.
        Government = "government",
        /// An addressee that is no State, each by name.
        NonStateAddressee = "non_state_addressee",
        /// The published copy of a letter and its reply.
        PublicCopyOfLetter = "public_copy_of_letter",
        /// Press, statements, reports that tell the case.
        PublicStatements = "public_statements",
        /// The Secretary-General's report.
        SgReport = "sg_report",
        /// Other mechanisms, each by name.
        OtherMechanisms = "other_mechanisms",
    }

    /// What is permitted, from nothing to everything.
    Value {
        /// Nothing.
        No = "no",
        /// Only after a question and its answer.
        AskFirst = "ask_first",
        /// Without who it is.
        WithoutIdentity = "without_identity",
        /// With the name.
        WithIdentity = "with_identity",
    }

    /// Who may know about it, as the form asks.
    Preset {
        /// The focal point only.
        FocalPointOnly = "focal_point_only",
        /// UN experts.
        UnExperts = "un_experts",
        /// Senior UN officials too.
        UnSenior = "un_senior",
        /// The Government too.
        Government = "government",
        /// Everybody.
        Public = "public",
    }

    /// Whether the name may be used, as the form asks.
    NamePreset {
        /// Never.
        Never = "never",
        /// Inside the United Nations.
        InsideUn = "inside_un",
        /// To the Government.
        Government = "government",
        /// In public.
        Public = "public",
    }

    /// Whose permission it is.
    Basis {
        /// The reporter's own.
        MyOwn = "my_own",
        /// The persons agreed.
        TheyAgreed = "they_agreed",
        /// A parent or guardian.
        ParentOrGuardian = "parent_or_guardian",
        /// The person cannot be reached.
        CannotReachThePerson = "cannot_reach_the_person",
        /// The reporter's own, and others'.
        MixedMineAndOthers = "mixed_mine_and_others",
        /// Nobody asked the person yet.
        NotYetAsked = "not_yet_asked",
    }

    /// What may be done if the person cannot come back.
    IfUnreachable {
        /// Nothing more.
        NothingMore = "nothing_more",
        /// The UN expert in charge may be asked, without the name.
        ExpertWithoutName = "expert_without_name",
        /// What was agreed still holds.
        AgreedStillHolds = "agreed_still_holds",
    }

    /// Who said what is permitted.
    Giver {
        /// The person.
        ThePerson = "person",
        /// Somebody with authority to speak for the person.
        Representative = "representative",
        /// Next of kin, where the person is detained, disappeared or dead.
        NextOfKin = "next_of_kin",
        /// A parent or guardian.
        Guardian = "guardian",
        /// A child who reports alone.
        Child = "child",
        /// Named representatives of a group.
        GroupRepresentatives = "group_representatives",
        /// An institution that relays what the person said.
        Institution = "institution",
        /// A mandate holder or UN staff who relays it.
        UnStaff = "un_staff",
    }

    /// What may be done with a case.
    Target {
        /// A minimal sealed notice to the focal point elsewhere.
        N0 = "N0",
        /// To a translator bound to the office.
        Tr = "TR",
        /// To mandate holders.
        M1 = "M1",
        /// The relevant authorities, or another actor, are contacted.
        R1 = "R1",
        /// A communication to a State or another actor.
        R2 = "R2",
        /// A press release or public statement.
        R3 = "R3",
        /// A reference in a report to the Council or the General Assembly.
        R4 = "R4",
        /// The High Commissioner.
        R5 = "R5",
        /// The Assistant Secretary-General.
        R6 = "R6",
        /// The President of the Human Rights Council.
        R7 = "R7",
        /// Another mechanism.
        X1 = "X1",
        /// The Secretary-General and representatives at headquarters.
        X2 = "X2",
        /// The United Nations in the country.
        X2F = "X2F",
        /// A further action of the Coordination Committee.
        X3 = "X3",
        /// The interactive dialogue.
        X4 = "X4",
        /// The section of the Annual Report.
        Y1 = "Y1",
        /// The Secretary-General's report.
        Y2 = "Y2",
        /// Briefing lists.
        Y3 = "Y3",
    }

    /// What became of an action.
    ActionResult {
        /// It was recommended.
        Recommended = "recommended",
        /// The recipient took it up.
        Accepted = "accepted",
        /// The recipient declined.
        Declined = "declined",
        /// There was no answer.
        NoAnswer = "no_answer",
        /// It was done, by the recipient.
        Done = "done",
    }

    /// Which way an answer came.
    AnswerWay {
        /// Sealed in the submitter's own browser or program, always.
        Sealed = "sealed",
        /// Code or answer passed through the server at some time.
        Server = "server",
        /// Another way, which the entry describes; there is no return code.
        Other = "other",
    }

    /// How it went on for the person.
    Outcome {
        /// Better.
        Improved = "improved",
        /// The same.
        Unchanged = "unchanged",
        /// Worse.
        Worse = "worse",
        /// There was a further reprisal.
        FurtherReprisal = "further_reprisal",
        /// Nobody knows.
        Unknown = "unknown",
    }
}

impl Urgency {
    /// Whether `self` is at least as urgent as `other`.
    #[must_use]
    pub fn at_least(self, other: Self) -> bool {
        self <= other
    }
}

impl Stage {
    /// Whether a case may go from here to `to`.
    #[must_use]
    pub fn may_become(self, to: Self) -> bool {
        use Stage::{
            Acting, Assessed, AwaitingReply, Closed, ConsentChecked, Decided, FollowUp, Imported,
            Opened, Triaged,
        };
        let next: &[Self] = match self {
            Imported => &[Opened],
            Opened => &[Triaged],
            Triaged => &[Assessed],
            Assessed => &[ConsentChecked],
            ConsentChecked => &[Assessed, Decided],
            Decided => &[ConsentChecked, Acting],
            Acting => &[ConsentChecked, AwaitingReply, FollowUp],
            AwaitingReply => &[ConsentChecked, FollowUp],
            // A further act against the same persons is weighed like the first.
            FollowUp => &[Assessed, ConsentChecked],
            // Ends and reopening are acts of their own.
            Closed => &[],
        };
        next.contains(&to)
    }
}
