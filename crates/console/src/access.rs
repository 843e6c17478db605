//! Who may do what: roles against verbs and pages, denied unless a table says otherwise.
//!
//! The tables keep an honest program tidy; what holds against a changed program is that a person's slot wraps
//! the keys of that person's roles and no others (`vault/keys.rs`). The tests enumerate every cell.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// What a person is to the office. A person may have several roles.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Everything, and appoints.
    FocalPoint,
    /// Casework, without the identity compartment.
    Officer,
    /// The identity compartment, without casework.
    Custodian,
    /// Figures only.
    Statistician,
    /// The audit log, without contents.
    Auditor,
}

/// An act of the command line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Verb {
    /// Take in a transfer bundle.
    Import,
    /// List the records.
    List,
    /// Show one report.
    Show,
    /// Write one attachment out.
    Attachment,
    /// Serve the pages.
    Browser,
    /// Check the vault for damage.
    Doctor,
    /// List the people.
    UsersList,
    /// Add a person.
    UsersAdd,
    /// Remove a person.
    UsersRemove,
    /// Change a person's roles.
    UsersRole,
    /// Change one's own passphrase.
    UsersPassphrase,
    /// Set the recovery key.
    UsersRecovery,
    /// Check the chain of events.
    AuditVerify,
    /// Write the audit log out, without contents.
    AuditExport,
    /// Sign and print the chain's head.
    AuditHead,
    /// Copy the vault.
    Backup,
    /// Make a vault from a copy.
    Restore,
    /// Put the identities of a period into the vault.
    IdentityAdd,
    /// List the identities.
    IdentityList,
    /// Destroy the identities of a period.
    IdentityDestroy,
    /// Hand the vault over to the next office.
    HandOver,
    /// Search the reports for words.
    Search,
    /// Pin the server's key.
    Pair,
    /// Write a bundle for the server.
    Export,
    /// Write to a submitter.
    Reply,
    /// Show what was written to a submitter and what came.
    Thread,
    /// Make a case.
    CaseNew,
    /// List the cases.
    CaseList,
    /// Show a case.
    CaseShow,
    /// Change a case.
    CaseChange,
    /// Show or add what is permitted.
    Consent,
    /// Ask the gate and record what is recommended.
    Decide,
    /// Make a packet.
    Packet,
    /// Take in a signed list of the office.
    DataImport,
    /// Show the lists of the office.
    DataShow,
}

/// A page. Not-found and refusal pages show nothing of the vault and are everybody's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Page {
    /// The list of reports.
    Inbox,
    /// One report.
    Report,
    /// The identity parts, for whoever holds their key.
    Identities,
    /// Help.
    Help,
    /// The unlock page and its form.
    Unlock,
    /// The lock button.
    Lock,
    /// People, their roles, and the forms that change them.
    People,
    /// One's own passphrase.
    Passphrase,
    /// The audit log.
    Audit,
    /// The search for words.
    Search,
    /// The bundles on the sticks, and their import.
    Import,
    /// Bundles for the server.
    Export,
    /// The form that writes to a submitter.
    Reply,
    /// Both sides of the air gap, and the server's key.
    Pair,
    /// The cases, and making one.
    Cases,
    /// One case, and the forms of its acts.
    CaseFile,
    /// What the persons of a case permit.
    Consent,
    /// The gate, what is recommended, packets.
    Routing,
}

/// The roles of one person.
pub type Roles = BTreeSet<Role>;

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] = [
        Self::FocalPoint,
        Self::Officer,
        Self::Custodian,
        Self::Statistician,
        Self::Auditor,
    ];

    /// Its name on the command line and in the audit log.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::FocalPoint => "focal-point",
            Self::Officer => "officer",
            Self::Custodian => "custodian",
            Self::Statistician => "statistician",
            Self::Auditor => "auditor",
        }
    }

    /// The role of that name.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }
}

impl Verb {
    /// Every verb on a vault that exists already.
    pub const ALL: [Self; 35] = [
        Self::Import,
        Self::List,
        Self::Show,
        Self::Attachment,
        Self::Browser,
        Self::Doctor,
        Self::UsersList,
        Self::UsersAdd,
        Self::UsersRemove,
        Self::UsersRole,
        Self::UsersPassphrase,
        Self::UsersRecovery,
        Self::AuditVerify,
        Self::AuditExport,
        Self::AuditHead,
        Self::Backup,
        Self::Restore,
        Self::IdentityAdd,
        Self::IdentityList,
        Self::IdentityDestroy,
        Self::HandOver,
        Self::Search,
        Self::Pair,
        Self::Export,
        Self::Reply,
        Self::Thread,
        Self::CaseNew,
        Self::CaseList,
        Self::CaseShow,
        Self::CaseChange,
        Self::Consent,
        Self::Decide,
        Self::Packet,
        Self::DataImport,
        Self::DataShow,
    ];

    /// Whether the role alone suffices.
    #[must_use]
    pub fn allows(self, role: Role) -> bool {
        allowed(VERBS, self, role)
    }

    /// Whether one of the roles suffices.
    #[must_use]
    pub fn allows_any(self, roles: &Roles) -> bool {
        roles.iter().any(|role| self.allows(*role))
    }
}

impl Page {
    /// Every page.
    pub const ALL: [Self; 18] = [
        Self::Inbox,
        Self::Identities,
        Self::Report,
        Self::Help,
        Self::Unlock,
        Self::Lock,
        Self::People,
        Self::Passphrase,
        Self::Audit,
        Self::Search,
        Self::Import,
        Self::Export,
        Self::Reply,
        Self::Pair,
        Self::Cases,
        Self::CaseFile,
        Self::Consent,
        Self::Routing,
    ];

    /// Whether the role alone suffices.
    #[must_use]
    pub fn allows(self, role: Role) -> bool {
        allowed(PAGES, self, role)
    }

    /// Whether one of the roles suffices.
    #[must_use]
    pub fn allows_any(self, roles: &Roles) -> bool {
        roles.iter().any(|role| self.allows(*role))
    }
}

/// Three people hold the five roles of a small office: the n-th person's roles.
pub const SMALL_OFFICE: [&[Role]; 3] = [
    &[Role::FocalPoint],
    &[Role::Officer, Role::Custodian],
    &[Role::Statistician, Role::Auditor],
];

/// What stands in no row is denied.
fn allowed<T: Copy + PartialEq>(table: &[(T, &[Role])], act: T, role: Role) -> bool {
    table
        .iter()
        .any(|(row, roles)| *row == act && roles.contains(&role))
}

const CASEWORK: &[Role] = &[Role::FocalPoint, Role::Officer];
const READERS: &[Role] = &[Role::FocalPoint, Role::Officer, Role::Custodian];
const HEAD: &[Role] = &[Role::FocalPoint];
const IDENTITY: &[Role] = &[Role::FocalPoint, Role::Custodian];
const LOG: &[Role] = &[Role::FocalPoint, Role::Auditor];

const VERBS: &[(Verb, &[Role])] = &[
    (Verb::Import, CASEWORK),
    (Verb::List, CASEWORK),
    (Verb::Show, READERS),
    (Verb::Attachment, CASEWORK),
    (Verb::Browser, &Role::ALL),
    (Verb::Doctor, &Role::ALL),
    (Verb::UsersList, HEAD),
    (Verb::UsersAdd, HEAD),
    (Verb::UsersRemove, HEAD),
    (Verb::UsersRole, HEAD),
    (Verb::UsersPassphrase, &Role::ALL),
    (Verb::UsersRecovery, HEAD),
    (Verb::AuditVerify, &Role::ALL),
    (Verb::AuditExport, LOG),
    (Verb::AuditHead, &Role::ALL),
    (Verb::Backup, CASEWORK),
    (Verb::Restore, HEAD),
    (Verb::IdentityAdd, HEAD),
    (Verb::IdentityList, HEAD),
    (Verb::IdentityDestroy, HEAD),
    (Verb::HandOver, HEAD),
    (Verb::Search, CASEWORK),
    (Verb::Pair, HEAD),
    (Verb::Export, CASEWORK),
    (Verb::Reply, CASEWORK),
    (Verb::Thread, CASEWORK),
    (Verb::CaseNew, CASEWORK),
    (Verb::CaseList, CASEWORK),
    (Verb::CaseShow, CASEWORK),
    (Verb::CaseChange, CASEWORK),
    (Verb::Consent, CASEWORK),
    (Verb::Decide, CASEWORK),
    (Verb::Packet, CASEWORK),
    (Verb::DataImport, HEAD),
    (Verb::DataShow, CASEWORK),
];

const PAGES: &[(Page, &[Role])] = &[
    (Page::Inbox, CASEWORK),
    (Page::Report, READERS),
    (Page::Identities, IDENTITY),
    (Page::Help, &Role::ALL),
    (Page::Unlock, &Role::ALL),
    (Page::Lock, &Role::ALL),
    (Page::People, HEAD),
    (Page::Passphrase, &Role::ALL),
    (Page::Audit, LOG),
    (Page::Search, CASEWORK),
    (Page::Import, CASEWORK),
    (Page::Export, CASEWORK),
    (Page::Reply, CASEWORK),
    (Page::Pair, HEAD),
    (Page::Cases, CASEWORK),
    (Page::CaseFile, CASEWORK),
    (Page::Consent, CASEWORK),
    (Page::Routing, CASEWORK),
];
