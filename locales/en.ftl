# Texts of every page, in English. One file per language; see CONTRIBUTING.md before translating.
# Short, calm, no idiom, no blame, no promise that the software cannot keep. Words that must not be used on
# pages for submitters stand in a test of src/pages. "Locked" means sealed: nobody without the office's key can read it.

### 1. Questionnaire, shared by the form, the console and asylia-seal.
### field-<id>: the question; .help: one or two sentences below it. value-<id>-<value>: a choice.
### Ids are those of the questionnaire with hyphens for underscores.

## Choices that many questions share

value-none = –
value-rather-not-say = Rather not say
value-not-sure = Not sure
value-other = Something else
value-yes = Yes
value-no = No

## Blocks of the form

block-1 = Danger
block-2 = The contact with the United Nations
block-3 = The act
block-4 = What was done about it
block-5 = People
block-6 = Permissions
block-7 = Files

## Block 1

field-story = What happened, and to whom?
    .help = You may leave out names. A few lines are enough. Any language.
field-in-danger-now = Is someone in danger now?
    .help = This tells the reader where to begin. We read on working days; we cannot come to help.
value-in-danger-now-now = Now
value-in-danger-now-soon = Soon
value-in-danger-now-no = No
value-in-danger-now-not-sure = { value-not-sure }
field-danger-kinds = What kind of danger?
value-danger-kinds-life = Life
value-danger-kinds-arrest-or-detention = Arrest or detention
value-danger-kinds-torture = Torture
value-danger-kinds-disappearance = Disappearance
value-danger-kinds-deportation = Deportation
value-danger-kinds-violence = Violence
value-danger-kinds-health = Health
value-danger-kinds-child-at-risk = A child at risk
value-danger-kinds-prefer-not-to-say = { value-rather-not-say }
field-danger-date-text = Is there a date, such as a hearing or a flight?
    .help = With the place, so that we know the hour.

## Block 2

field-who-is-reporting = You are…
value-who-is-reporting-affected-person = The person affected
value-who-is-reporting-relative = A relative
value-who-is-reporting-lawyer-or-representative = A lawyer or representative
value-who-is-reporting-organisation = An organisation
value-who-is-reporting-nhri-or-npm = A national human rights institution or preventive mechanism
value-who-is-reporting-mandate-holder-or-un-staff = A UN mandate holder or UN staff
value-who-is-reporting-witness = A witness
value-who-is-reporting-prefer-not-to-say = { value-rather-not-say }
field-people-affected-count = How many people are affected?
field-definition-categories = Which of these fits?
value-definition-categories-cooperated-with-un = The person worked with, spoke to, or gave information to the United Nations, or tried to.
value-definition-categories-used-un-procedure = The person used a UN human rights procedure, or helped someone use one, for example as a lawyer.
value-definition-categories-submitted-or-assisted-communication = The person wrote to a UN treaty committee about an individual case, or helped someone do so.
value-definition-categories-relative-of-victim = The person is a relative of a victim, or of someone who helped a victim.
value-definition-categories-not-sure = I am not sure.
field-un-body-contacted = Which part of the United Nations was it about?
    .help = Also for people who wanted to but could not.
value-un-body-contacted-special-procedures = Special rapporteurs, working groups
value-un-body-contacted-human-rights-council = Human Rights Council
value-un-body-contacted-upr = Universal Periodic Review
value-un-body-contacted-treaty-body = Treaty committee
value-un-body-contacted-treaty-body-spt = Subcommittee on Prevention of Torture
value-un-body-contacted-ohchr-or-field-presence = UN Human Rights, also in a country
value-un-body-contacted-un-country-team = UN country team
value-un-body-contacted-peace-mission = Peace mission
value-un-body-contacted-other-un-forum = Another UN meeting or body
value-un-body-contacted-wanted-to-but-could-not = I wanted to but could not
value-un-body-contacted-prefer-not-to-say = { value-rather-not-say }
field-un-contact-when-text = When was that, about?
field-why-linked = Why do you think it happened because of that?
    .help = Words that were used, timing, questions that were asked.

## Block 3

field-act-types = What was done?
group-act-types-violence = Violence
value-act-types-killing = Killing
value-act-types-physical-attack = Physical attack
value-act-types-sexual-violence = Sexual violence
value-act-types-torture-or-ill-treatment = Torture or ill-treatment
value-act-types-disappearance-or-abduction = Disappearance or abduction
group-act-types-threats = Threats and watching
value-act-types-threat = Threat
value-act-types-death-threat = Death threat
value-act-types-threat-to-family = Threat to family
value-act-types-smear-or-doxxing = Smear or private details published
value-act-types-surveillance-offline = Followed or watched
value-act-types-surveillance-online = Watched online or on the phone
group-act-types-police-and-courts = Police and courts
value-act-types-arrest-or-detention = Arrest or detention
value-act-types-incommunicado-or-no-lawyer = No contact or no lawyer
value-act-types-interrogation-or-summons = Questioning or summons
value-act-types-search-or-seizure = Search or seizure
value-act-types-judicial-or-administrative-harassment = Harassment by courts or offices
value-act-types-worse-detention-conditions = Worse conditions in detention
value-act-types-denial-of-medical-care = No medical care
group-act-types-movement = Movement
value-act-types-travel-ban-or-passport-taken = Travel ban or passport taken
value-act-types-deportation-or-citizenship = Deportation or citizenship taken
value-act-types-denied-access-to-un = Kept away from the UN
group-act-types-work-and-organisation = Work and organisation
value-act-types-loss-of-licence-or-job = Licence or job lost
value-act-types-ngo-closed-or-deregistered = Organisation closed or struck off
value-act-types-asset-freeze-or-fine = Money frozen or fine
value-act-types-attack-on-property = Attack on property
value-act-types-restrictive-law = A law that restricts
group-act-types-other = Other
value-act-types-other = { value-other }
value-act-types-prefer-not-to-say = { value-rather-not-say }
field-act-when-text = When, about?
field-act-country = In which country?
    .help = In any language and any script.
field-act-place-text = Where?
    .help = Only if it is safe to say.
field-perpetrators = Who did it, as far as you know?
value-perpetrators-police = Police
value-perpetrators-armed-forces = Armed forces
value-perpetrators-intelligence-or-security-service = Intelligence or security service
value-perpetrators-prison-officials = Prison officials
value-perpetrators-court-or-prosecutor = Court or prosecutor
value-perpetrators-other-public-authority = Another authority
value-perpetrators-company-or-private-security = Company or private security
value-perpetrators-armed-group = Armed group
value-perpetrators-family-or-community = Family or community
value-perpetrators-unknown-online-accounts = Unknown online accounts
value-perpetrators-unknown = Not known
field-perpetrator-details = Anything more about them?

## Block 4

field-steps-taken = What has already been tried?
value-steps-taken-police-or-prosecutor-complaint = Police or prosecutor
value-steps-taken-court-or-administrative-appeal = Court or appeal
value-steps-taken-lawyer = Lawyer
value-steps-taken-nhri-or-npm = National human rights institution
value-steps-taken-un = United Nations
value-steps-taken-regional-body = Regional body
value-steps-taken-media = Media
value-steps-taken-nothing = Nothing
value-steps-taken-too-dangerous = Too dangerous to try
value-steps-taken-prefer-not-to-say = { value-rather-not-say }
field-steps-detail = With what result?
field-un-reference-text = Number of a UN document or letter about this, if there is one
field-government-knows = Does the Government know that this was reported?
value-government-knows-yes = { value-yes }
value-government-knows-no = { value-no }
value-government-knows-unknown = { value-not-sure }
field-what-would-help = What would help?
    .help = We cannot promise it.
field-what-could-make-it-worse = What must we not do or mention?
    .help = Every officer sees this first.

## Block 5

field-person-names = Names of the persons affected
    .help = Optional. One name a line.
field-name-to-use = Name or initial to use instead
field-gender = Gender of the person affected
    .help = Used only for figures.
value-gender-woman = Woman
value-gender-man = Man
value-gender-other = Another
value-gender-prefer-not-to-say = { value-rather-not-say }
value-gender-not-applicable = Does not apply
field-age-group = Age
    .help = If you are under 18 you can write to us too.
value-age-group-under-18 = Under 18
value-age-group-18-to-24 = 18 to 24
value-age-group-adult = Adult
value-age-group-over-60 = Over 60
value-age-group-prefer-not-to-say = { value-rather-not-say }
field-role = Who is the person?
value-role-human-rights-defender = Human rights defender
value-role-lawyer = Lawyer
value-role-journalist = Journalist
value-role-victim = Victim
value-role-relative-of-victim = Relative of a victim
value-role-witness = Witness
value-role-nhri-or-npm-staff = Staff of a national human rights institution
value-role-detainee = Person in detention
value-role-indigenous-leader = Indigenous leader
value-role-civil-society-organisation = Civil society organisation
value-role-other = { value-other }
value-role-prefer-not-to-say = { value-rather-not-say }
field-groups = Does the person belong to a group at special risk?
    .help = Asked because some protection exists only for some groups.
value-groups-indigenous = Indigenous people
value-groups-ethnic-religious-or-linguistic-minority = Ethnic, religious or language minority
value-groups-lgbtiq = LGBTIQ+ people
value-groups-person-with-disability = Person with a disability
value-groups-person-with-chronic-illness = Person with a lasting illness
value-groups-refugee = Refugee
value-groups-asylum-seeker = Asylum seeker
value-groups-migrant = Migrant
value-groups-stateless-person = Stateless person
value-groups-person-in-detention = Person in detention
value-groups-older-person = Older person
value-groups-other = { value-other }
value-groups-prefer-not-to-say = { value-rather-not-say }
field-safe-contact = Another safe way to reach you
    .help = Better: use only your return code.

## Block 6. A choice's .help is the one sentence about what follows from it.

field-permission-preset = Who may know about this?
    .help = If you choose nothing, only the focal point will know and will ask you first.
value-permission-preset-focal-point-only = Only the focal point
    .help = We keep it and count it, and pass it to nobody.
value-permission-preset-un-experts = Also UN experts
    .help = Independent experts may read it and decide what to do.
value-permission-preset-un-senior = Also senior UN officials
    .help = They may raise it in confidence inside the UN.
value-permission-preset-government = Also my Government
    .help = UN experts may write to it; letters to Governments are published later.
value-permission-preset-public = Everyone
    .help = It may be told in public, and that cannot be taken back.
field-name-preset = May the name be used?
value-name-preset-never = Never
    .help = Only the focal point sees a name written here.
value-name-preset-inside-un = Inside the UN
    .help = Those allowed above see it; no Government does.
value-name-preset-government = To the Government
    .help = It then knows who it is about.
value-name-preset-public = In public
    .help = Anyone can read it, and that cannot be taken back.
field-consent-basis = Whose permission is this?
value-consent-basis-my-own = Mine
    .help = It counts as yours.
value-consent-basis-they-agreed = The persons affected agreed
    .help = It counts as theirs.
value-consent-basis-parent-or-guardian = I am the parent or guardian
    .help = A second officer checks; we ask what the child thinks.
value-consent-basis-cannot-reach-the-person = I cannot reach the person
    .help = A second officer checks; we ask the person when possible.
value-consent-basis-mixed-mine-and-others = Mine and that of others
    .help = It counts for you only; the others are asked first.
value-consent-basis-not-yet-asked = They have not been asked yet
    .help = We take it as a wish, and ask first.
field-risk-understood = I have thought about what could happen to me and my family.
    .help = Without this tick we ask you before we pass anything on.
field-conditions = Conditions, or people or States to exclude
field-if-unreachable = If you cannot come back, what may we do?
    .help = If you choose nothing, we do nothing more.
value-if-unreachable-nothing-more = Nothing more
    .help = The report stays with the focal point.
value-if-unreachable-expert-without-name = Ask the UN expert in charge, without my name
    .help = Only if a question of ours stays unread for 14 days.
value-if-unreachable-agreed-still-holds = What I agreed to still holds
    .help = Without a name, and never for a Government or the public.

## Files

field-attachments = Files
    .help = Send the text first. Add files afterwards: choosing a photo can make a phone close this page and lose what you wrote. Files can hold hidden data about you and the device.

### 2. Pages of the server.

## Every page

page-title = { $page } – Asylia
page-demo = DEMO KEYS
page-demo-meaning = This is a trial with keys that anyone can have. Do not write anything real here.
link-form = Form
link-safety = Safety
link-about = About and limits
link-keys = Signed keys
link-mailbox = Answers
size-kb = { $number } KB
size-mb = { $number } MB
size-gb = { $number } GB

## The form

page-form-title = Form
page-form-heading = Report a reprisal
page-form-purpose = For people threatened or harmed because they, or someone close to them, worked with or informed the United Nations on human rights, or wanted to.
page-form-readers = Read by: { $office }.
page-form-hours = We read on working days; we cannot come to help. Who answers at night:
page-form-notice = Before you write
notice-device = Use a device that is not from work, and a phone you do not suspect.
notice-tor = Tor Browser is safer.
notice-watched = Do not write where you are watched.
notice-details = Leave out what only you could know if you want to stay unknown.
notice-files = Photos and documents contain hidden data about you.
notice-paper = Write the return code on paper only if that is safe.
page-form-limits = We cannot protect you physically. We will not contact anyone without your permission.
page-form-freedom = You can stop at any time. You can skip any question.
page-form-close = If someone may look at this device, close this window now and come back from another one.
page-form-children = If you are under 18 you can write to us too.
page-form-seal = How your report is locked
# The next message is taken word by word from the threat model. Translate it exactly; do not soften it.
seal-without-script = Without JavaScript our server can see your text for the few seconds it needs to lock it. It keeps only the locked copy. If you also read our answers without JavaScript, somebody who took over our server could write answers in our name.
seal-script-on = JavaScript is on, but this page is not ready to lock your report yet. Wait a minute. If this line stays, turn JavaScript off (Tor Browser: shield icon → Settings → Safest) and open this page again.
seal-no-button = There is no Send button yet: the line above says why.
page-form-late = Nobody has collected reports from this site for more than two weeks. Your report may be read late. In danger, do not wait for us.
page-form-room-small = Room is short at the moment, so files are limited to { $limit } together.
page-form-room-none = Room is short at the moment, so only text can be taken. Files can follow another day.
page-form-guide = It helps to say what was done, about when, and what it has to do with the United Nations. No need to describe violence in detail or name witnesses.
page-form-length = About 10 000 characters; at most { $limit }.
page-form-send = Send
page-form-send-story = You can send now. All below is optional.
page-form-anonymous = Leave empty what you are unsure of. You may stay unknown; but UN experts write to a Government only if they know who informed them, and keep that confidential.
page-form-files-originals = Photos of the originals can be asked for later.
page-form-other-way = lock the files on a computer with the program asylia-seal, and hand them in at /sealed on this site.
page-form-files-limits = At most { $files } files, { $limit } in all.

## The form with JavaScript: texts that its script shows, put into it by client/build.mjs. Only `id = text`, on one line.

client-path-ready = JavaScript is on, so this device locks your report before it is sent. Our server gets only the locked copy and cannot read it.
client-path-closed = No report can be sent now. Come back on another day.
client-path-connection = This page cannot reach our server to fetch the office's keys, and goes on trying. Wait before you write, or open this page again later.
client-path-keys = The keys on our server are not valid keys of the office, so nothing can be locked here. Do not write now; check the address, or come back on another day.
client-path-old = This browser cannot lock your report. Use a newer Tor Browser, or turn JavaScript off (Tor Browser: shield icon → Settings → Safest) and open this page again.
client-send = Lock and send
client-story-empty = Write a few words about what happened, then send. All other questions may stay empty.

client-files-chosen = Files chosen: { $count } ({ $size }). You can choose more.
client-files-too-many = One report can take at most { $files } files and { $limit }. Remove some, and send them with a second report.
client-files-slow = Large files take long: in a slow browser, such as Tor Browser set to Safer, locking them alone takes about { $minutes } minutes. There is another way: { page-form-other-way }
client-file-unknown = type not known
client-file-picture = Photos, videos and recordings can hold hidden data: the place, the time, the device.
client-file-document = Documents can hold hidden data: the author's name, earlier versions.
client-file-other = Files can hold hidden data about you and the device.
client-file-who = This file shows who I am
client-file-who-help = With this tick, only those who may see names can open it.
client-file-remove = Remove
client-file-remove-name = Remove { $name }

client-progress-heading = Your report is being sent
client-progress-stay = Keep this page open until it shows your return code. If you must close it, nothing is stored, and you can send again later.
client-progress-sent = { $percent } %: { $locked } locked and { $sent } sent, of { $total }.
client-progress-minutes = About { $minutes } minutes left.
client-progress-minute = About a minute left.
client-progress-slow = This takes more than 20 minutes. If you cannot keep this page open that long, there is another way: { page-form-other-way }
client-phase-locking = Locking on this device.
client-phase-sending = Locking on this device and sending what is locked.
client-phase-storing = Everything is sent. Waiting for our server to store it.
client-phase-broken = The connection broke; trying again.
client-phase-paused = Paused. Nothing is being sent.
client-phase-unreachable = Our server could not be reached for half an hour, so this page has paused. Press Continue to try again.
client-pause = Pause
client-continue = Continue
client-cancel = Cancel

client-stopped-heading = Your report was not stored
client-failed-closed = The site takes no reports at this moment. Try again later.
client-failed-connection = Our server could not be reached. Try again when the connection is back.
client-failed-field = One answer is too long. Go back and shorten it, or send the rest in a second report.
client-failed-file = One of the files could not be read. Go back, remove it and choose it again.
client-failed-files = There are too many files. Go back and remove some, or send them with a second report.
client-failed-keys = The office's keys changed, and the new ones could not be checked. Try again later.
client-failed-large = The report is too large. Go back and remove files, or send them with a second report.
client-failed-seal = This device could not lock the report. Close other windows and programs, then try again.
client-failed-server = Our server did not take the report. Try again later.
client-failed-story = The first answer was empty. Go back and write a few words about what happened.
client-failed-text = All answers together are too long. Go back and shorten them, or send the rest in a second report.
client-stopped-kept = What you wrote is still on this page, and nothing readable has left this device.
client-stopped-other = If it fails again, you may turn JavaScript off, open this page again and write again. Our server can then see your text for the few seconds it needs to lock it.
client-again = Try again
client-back = Back to the form

client-receipt-words = They were locked on this device; our server has not seen them.

client-receipt-files = Add files now (opens a second window; type your code there)
client-receipt-later = With your code you can also write more, answer questions, and change what you permit.

## The mailbox with JavaScript: texts of its own script, as above

client-mailbox-ready = JavaScript is on, so this device opens our answers. Our server gets neither your code nor what the answers say.
client-mailbox-connection = This page cannot reach our server to fetch the office's keys, and goes on trying. Wait, or open this page again later.
client-mailbox-keys = The keys on our server are not valid keys of the office, so no answer could be checked. Do not type your code now; check the address, or come back on another day.
client-mailbox-wrong-word = Word { $place } is not an English word that a code can have. Compare it with what you wrote down, or type the 34 digits instead.
client-mailbox-here = This device opened these answers and checked that the office signed them. Our server has seen neither your code nor what they say.
client-mailbox-delete = Delete answer { $number }
client-mailbox-delete-all = Delete all answers
client-mailbox-deleted = Deleted from our server. What the office has, and your report, are not touched by this.
client-mailbox-not-deleted = It was not deleted: our server could not be reached. Try again when the connection is back.
client-follow-heading = Write to the office
client-follow-what = Write more, add files, answer a question, or change what you permit. This device locks it before it is sent, and the office puts it to your report.
client-follow-sending = Your message is being sent
client-follow-stay = Keep this page open until it says that your message is stored. If you must close it, nothing is stored, and you can send again later.
client-follow-story = What do you want to say?
client-follow-answers = Does it answer a question of the office?
client-follow-answers-none = No
client-follow-answers-number = Yes, the question in answer { $number }
client-follow-files-help = Files can hold hidden data about you and the device.
client-follow-code = Change your return code
client-follow-code-tick = Give me a new code
client-follow-code-help = For when somebody else may know the old one. The new code is shown once, when this was sent. Until the office has confirmed it, who has the old code can still read our answers.
client-follow-permissions = Change what you permit
client-follow-permissions-lower = You can lower or take back each permission. What was already passed on or published cannot be called back.
client-follow-permissions-raise = You can permit more only in an answer to a question of the office.
client-follow-withdraw-all = Take back every permission
client-follow-withdraw-all-help = The office then keeps and counts the case, and passes it to nobody.
client-follow-delete = Have your report deleted
client-follow-delete-tick = I ask the office to delete what I told it
client-follow-delete-help = Two officers decide. The office tells you in its next answer what was deleted and what it had already passed on.
client-follow-empty = Write something, choose a file, or change what you permit, then send.
client-follow-stored = Your message is stored, locked
client-follow-stored-what = The office has not read it yet. What you changed holds from the day on which the office reads it, and its next answer says so.
client-follow-new-code = Your new return code
client-follow-new-code-keep = Keep the old code as well until an answer says that the new one is in use.

## The receipt

page-receipt-title = Stored
page-receipt-heading = Your report is stored, locked
page-receipt-unread = The office has not read it yet.
page-receipt-code = Your return code
page-receipt-code-now = Keep it now. This page shows it once.
page-receipt-digits = The same code in digits. Words or digits: one of the two is enough.
page-receipt-safe = How to keep it safe
page-receipt-safe-who = Who has the code can read our answers.
page-receipt-safe-paper = Write it on paper only if that is safe where you are.
page-receipt-safe-device = Do not photograph it, and do not send it to anyone. A device that others may look at is no place for it.
page-receipt-lost = If you lose this code, nobody can give it to you again. You will not see our answers and cannot change permissions with it. We then do only what you answered to "{ field-if-unreachable }"; if you chose nothing, nothing more. You can send a new report and say that it is about the same matter.
page-receipt-try = Try your code now (opens a second window)
page-receipt-try-what = There is no answer yet, but you will see whether you wrote the code down without a mistake. Type it from where you kept it.
page-receipt-words = Your three proof words
page-receipt-words-use = The office's first answer repeats these words. A first answer without them is not from the office.
page-receipt-words-limit = You sent this report without JavaScript, so our server saw these words before it locked them. If you also read our answers without JavaScript, they prove nothing against somebody who took over our server.
page-receipt-next = What happens next
page-receipt-next-read = The locked report is carried to a computer without a network and opened there, on a working day. This can take days.
page-receipt-next-answer = Read our answers with your code: on this site, under "{ link-mailbox }". Come back in about two weeks. Do not wait for an answer if you are in danger.
page-receipt-add = Add files now (opens a second window)
page-receipt-add-what = Type your code there; what you add joins this report. You can do it later as well, as often as you need.
page-receipt-close = When you have kept the code, close this window. In Tor Browser, choose New Identity.

## Refusals: .title is what failed, the text is what to do

page-refusal-title = Not done
page-refusal-not-kept = We kept nothing of what you wrote.
page-refusal-not-kept-if = If you had written something, we kept nothing of it.
page-refusal-back = Your browser may still have your text: try its Back button. Tor Browser and Firefox usually do not keep it.
page-refusal-again = Open the form again
refusal-empty-story = Write a few words about what happened, then send again. All other questions may stay empty.
    .title = The report was not stored: the first answer was empty
refusal-field-too-large = One answer is longer than { $limit }. Shorten it, or send the rest in a second report.
    .title = The report was not stored: one answer is too long
refusal-text-too-large = All answers together are longer than { $limit }. Shorten them, or send the rest in a second report.
    .title = The report was not stored: the text is too long
refusal-report-too-large = The files are larger than { $limit } together. Send fewer or smaller files, or the text alone.
    .title = The report was not stored: it is too large
refusal-too-many-files = At most { $limit } files can be sent with one report. Send fewer, and the others in a second report.
    .title = The report was not stored: too many files
refusal-not-multipart = Use the form of this site and its Send button, with JavaScript off.
    .title = The report was not stored: it did not come from the form
refusal-bad-form = It may have been damaged on the way. Open the form again and send it once more.
    .title = The report was not stored: it could not be read
refusal-clear-web = Without JavaScript, a server between you and us would see your text here. Use Tor Browser and our onion address, where you may write without JavaScript.
    .title = This way is not safe enough
refusal-busy = Too many reports are arriving at this moment. Try again in a few minutes.
    .title = The report was not stored: the site is busy
refusal-too-many = Much has come by the same way as yours in a short time. Wait a minute and send again; in Tor Browser, "New Tor circuit for this site" opens another way.
    .title = The report was not stored: too much at once
refusal-text-only = There is little room left, and it is kept for words. Send the text alone; files can follow another day.
    .title = The report was not stored: no room for files
refusal-files-later = Many files have arrived within this hour. Send the text alone now, or everything in an hour.
    .title = The report was not stored: no room for files this hour
refusal-not-found = Check the address, or go to the form.
    .title = There is no such page
refusal-method-not-allowed = Go to the form and begin there.
    .title = This address cannot be used in this way
refusal-headers-too-large = Your browser sent more about itself than we accept. Use Tor Browser, in a new window.
    .title = The request was not accepted
refusal-foreign-origin = It came from a page that is not ours. Type the address of this site yourself and use its form.
    .title = Nothing was done: it came from another site
refusal-cut-off = The connection stopped before everything had arrived. Send again; text without files is faster.
    .title = The report was not stored: it did not arrive whole
refusal-bad-code-form = Open the page "{ link-mailbox }" of this site and type your code there.
    .title = The code could not be read
refusal-code-length = { mailbox-wrong-length }
    .title = Nothing was stored: the code is not whole
refusal-code-word = Word { $limit } is not a word that a code can have. Compare it with what you wrote down, and send again.
    .title = Nothing was stored: a word of the code is wrong
refusal-code-mistyped = A word or digit is mistyped, or two are exchanged. Compare each with what you wrote down, and send again.
    .title = Nothing was stored: the code is mistyped
refusal-empty-follow-up = Write something, choose a file, or change what you agreed to; then send again.
    .title = Nothing was stored: nothing was said
refusal-internal = Something failed on our side. Try again later.
    .title = The report was not stored: a fault on our side
refusal-closed = No report can be sent now
    .sentences = No report can be sent now. Come back on another day.
    .no-keys = This site has no valid keys of the office, so nothing could be locked for it.
    .expired = The office's keys have run out, so nothing could be locked for it.
    .full = This site has no room for more reports.
    .uncollected = Nobody has collected reports from this site for weeks, so a new one would lie unread.
    .other-ways = Other ways: UN Human Rights in your country, the independent experts of the United Nations, a national human rights institution, or an organisation you trust. They are outside this site, and others may see that you use them. Answers to earlier reports can still be read here.
    .try-later = Come back on another day. We do not know when it opens again.

## Safety

page-safety-title = Safety
page-safety-heading = Safety
page-safety-night = Who answers at night and at weekends
page-safety-night-none = The office has not named anyone who answers at night or at weekends. We read on working days only.
page-safety-night-signed = The office gave this list. These are not our own services, and we cannot promise that they can help.
page-safety-night-path = Calling or writing to them is outside this site. Others may see that you do.
page-safety-before = Before you write
page-safety-physical = What we cannot do
page-safety-physical-text = We cannot protect you physically. We cannot see who looks over your shoulder, who owns the device, or who will be blamed because only a few people knew.
page-safety-detention = People in detention: phones inside are not safe, and a code on paper can be found. Somebody outside may write instead.
page-safety-traces = After you have written
page-safety-traces-window = Close the window. In Tor Browser, choose New Identity.
page-safety-traces-device = This site stores nothing on your device. An ordinary browser, your keyboard or the device itself may still remember.
page-safety-traces-others = Tell only people who need to know that you wrote to us.

## About

page-about-title = About
page-about-heading = About this site, and its limits
page-about-what = It takes reports of threats and reprisals against people who work with or inform the United Nations on human rights, and carries them locked to the office that is to read them.
page-about-office = Office: { $office }.
page-about-office-act = The office records, asks and passes on what you permit. It does not decide on letters to Governments and does not send or publish them. We cannot promise a result.
page-about-seal = Who can see your text
page-about-seal-off = JavaScript off
page-about-seal-on = JavaScript on
page-about-seal-on-text = Your device locks the report before it is sent, and our server gets only the locked copy. The script that does this comes from our server: somebody who took over our server could send another one.
page-about-seal-open = After it is locked, only the office can open it, on a computer without a network. The keys for that are not on this site.
page-about-tor = Without Tor Browser
page-about-tor-text = Your provider can see that you visited this site. Tor Browser hides this.
page-about-relay = If this site has an .onion address but you did not come with Tor Browser, a third party relays it and sees everything you write. Stop, and use Tor Browser.
page-about-limits = What we cannot promise
page-about-limit-observer = Being unknown is the work of Tor, not ours. Who watches the whole network may still guess who wrote, from times and amounts.
page-about-limit-server = Who controls this server can delay or lose reports. It can see that something was sent, and about how much.
page-about-limit-post = Recorded traffic of a report sent without JavaScript may be opened by computers of the future. What is stored is locked against those too, but that part of the method has not been checked by independent experts.
page-about-limit-memory = We clear the memory of the server as well as we can. This is never perfect.
page-about-limit-office = Staff of the office read what they open. We cannot rule out that one of them copies it, or is forced to open it.
page-about-limit-code = Who has the code can read our answers. Losing it loses the answers, not the report.
page-about-limit-permission = You can withdraw a permission. What was already passed on or published cannot be called back.
page-about-limit-now = Questions of ours can be answered, and permissions changed, with the return code. Without it, only a new report can ask for that.
page-about-sizes = Sizes
page-about-sizes-text = One answer: { $field }. All answers: { $text }. Files: { $files }. The whole report: { $report }.
page-about-words = The twelve words of this office
page-about-words-use = They are the same for years. Compare them with the words you were given on paper or by telephone. They show that a key is ours, not that this site is honest.
page-about-words-none = This site has no valid keys of the office at the moment, so it shows no words.

## The mailbox: our answers

mailbox-title = Answers
mailbox-heading = Read our answers
mailbox-what = Type the return code that you kept. You see what the office wrote to you; what you sent is never shown.
# Said beforehand, and true: do not soften it.
mailbox-without-script = Without JavaScript our server sees your code and our answers for the moment it needs to open them. It keeps neither. Somebody who took over our server could read them, and could write answers in our name to those who also sent their report without JavaScript.
mailbox-script-on = JavaScript is on, but this page is not ready to open answers yet. Wait a minute before you type. If this line stays, turn JavaScript off (Tor Browser: shield icon → Settings → Safest) and open this page again.
mailbox-code = Your return code
    .help = Ten words or 34 digits. Capitals, spaces and dashes do not matter; the first four letters of an English word are enough.
mailbox-read = Show our answers
mailbox-collected-this-week = The office last collected reports this week.
mailbox-collected-last-week = The office last collected reports last week.
mailbox-collected-longer = The office last collected reports more than two weeks ago.
mailbox-collected-never = The office has not collected reports from this site yet.
mailbox-come-back = An answer takes at least one more collection after your report: come back in about two weeks, and not more often than you need to.
mailbox-none-heading = If you see no answer
mailbox-none-wait = A report is opened on a computer without a network, and answers are carried back. This takes days, often weeks.
mailbox-none-lost = A lost code cannot be replaced. You can send a new report and say that it is about the same matter.
mailbox-none-danger = Do not wait for an answer if you are in danger.
mailbox-answers-heading = Our answers
mailbox-empty = There is no answer for this code. Either the office has not answered yet, or you deleted its answers, or this code is not one that we know; we cannot tell which.
mailbox-left-out = Earlier answers did not fit on this page. Delete one that you have read, and open this page again.
mailbox-answer = Answer { $number }
mailbox-kind-received = The office has opened your report.
mailbox-kind-message = A message from the office.
mailbox-kind-question = A question from the office. You can answer it below.
mailbox-kind-confirmation = The office confirms that a change of yours has taken effect.
mailbox-words = Compare these three words with your receipt. If they are not the same, this answer is not from the office.
mailbox-contradiction = Two answers do not fit together, although both carry the office's signature. Do not do what they ask; tell the office in a new report.
mailbox-refused = Something lay here that the office did not write for you. It is not shown. Somebody may have changed what our server keeps.
mailbox-server = Our server opened these answers and has forgotten them and your code. They show that the office wrote them only as far as you trust our server.
more-link = Send something more with your code
more-heading = Send something more
more-what = Tell more, add files, answer a question, or change what you agreed to. Everything may stay empty but the code. What you sent earlier is never shown.
# Said beforehand, and true: do not soften it.
more-without-script = Without JavaScript our server sees your code and what you send for the few seconds it needs to lock it. It keeps only the locked copy. Somebody who took over our server could answer or agree in your name: so a permission that you give this way is asked for once more. What you take back counts at once.
more-script-on = JavaScript is on, so nothing can be sent from this page. Open the next page and type your code there; your device then locks what you send:
more-question = Does this answer a question?
more-question-none = No
more-story = What do you want to tell us?
    .help = In any language. Do not write your code here.
more-permissions = Change what you agreed to
more-permissions-what = Less takes effect as soon as the office has read this. More is asked for once more, in an answer to you. What you do not change stays.
purpose-mandate-holders = UN experts
purpose-asg-hc-hrc-president = Senior UN officials
purpose-un-field-presence-in-country = The UN in my country
purpose-government = A Government
purpose-non-state-addressee = A company or group
purpose-public-copy-of-letter = The published copy of a letter
purpose-public-statements = Public statements
purpose-sg-report = The Secretary-General's report
purpose-other-mechanisms = Other bodies
permission-unchanged = As it is
permission-no = No
permission-ask-first = Ask me first
permission-without-identity = Without my name
permission-with-identity = With my name
more-withdraw = I take back everything I agreed to
    .help = The office keeps and counts the case, and passes nothing on from then. What was passed on earlier cannot be called back; those who have it are told.
more-delete = Delete what I told you
    .help = The office is asked to delete it. It counts that there was a case, and cannot reach what was printed or passed on.
more-code = Ask for a new return code
more-code-tick = Give me a new code
    .help = If somebody may know your code. The new one is shown on the next page. Who has the old one can read our answers until the office confirms.
more-files = Send the text first if a photo may close this page. Files contain hidden data about you.
more-send = Send
more-sent-heading = Stored, locked
more-sent-unread = The office has not read it yet. It is carried to a computer without a network, on a working day. This can take days.
more-sent-confirmed = What you take back counts once the office has read it; its next answer confirms it. Without that answer, do not rely on it.
more-new-code = Your new return code
more-new-code-until = Keep the old code too until the office confirms the new one. Until then the old code reads our answers, for whoever has it.
mailbox-delete-heading = Delete answers
mailbox-delete-what = Deleted answers are gone from our server; nobody can bring them back. We do not keep your code, so type it once more.
mailbox-delete-which = Which?
mailbox-delete-all = All answers
mailbox-delete = Delete
mailbox-close = When you have read, close this window. In Tor Browser, choose New Identity.
mailbox-deleted-heading = Deleted
mailbox-deleted-what = If an answer lay here for this code, it is deleted now. What the office has, and your report, are not touched by this.
mailbox-deleted-limit = Remnants on a disk may last for a while. They are locked, and only your code opens them.
mailbox-again = Back to our answers
mailbox-wrong-length = This is not a whole code. It has ten words, or 34 digits: type all of them.
mailbox-wrong-word = Word { $place } is not a word that a code can have. Compare it with what you wrote down, and type the code again.
mailbox-wrong-check = A word or digit is mistyped, or two are exchanged. Compare each with what you wrote down, and type the code again.
mailbox-wrong-choice = Nothing was chosen, so nothing was deleted. Choose which answers, and type the code again.

## Sealed files: reports that were locked on another computer

link-sealed = Hand in sealed files
sealed-title = Sealed files
sealed-heading = Hand in sealed files
sealed-what = A sealed file is a report that was locked on another computer, with the program asylia-seal.
sealed-who = Only the office can open it. Our server sees which office it is for, which keys it was made with, and how large it is.
sealed-code = Its return code was shown when the file was made. This site does not know the code and cannot show it.
sealed-only = Choose only sealed files here. Any other file would reach our server unlocked.
sealed-choose = Sealed files
sealed-limits = At most { $files } at once, { $limit } in all.
sealed-send = Send
sealed-result-heading = What became of the files
sealed-file-stored = File { $number }: stored, locked.
sealed-file-refused = File { $number }: not stored.
sealed-too-many = At most { $files } files can be handed in at once. Send this one and those after it in a second step.
sealed-result-stored = The office has not read them yet. When you no longer need a stored file, remove it from this device.
sealed-result-refused = We kept nothing of the files that were not stored.
sealed-result-again = Hand in other files
refusal-not-a-sealed-file = This is not a sealed file. Choose the file that asylia-seal made.
    .title = The report was not stored: it is not a sealed file
refusal-malformed = What arrived is not built as it must be, and may be damaged. Send it once more, or make it again.
    .title = The report was not stored: it is damaged
refusal-not-sealed = A part of this report is not locked for an office. Make it again with asylia-seal or with this site's form.
    .title = The report was not stored: a part of it is not locked
refusal-foreign-recipients = A part of this report is locked for others than an office. Make it again with asylia-seal or with this site's form.
    .title = The report was not stored: a part of it is locked for others
refusal-long-age-header = A part of this report begins with more than a locked part can have. It was made by another program: make it again with asylia-seal or with this site's form.
    .title = The report was not stored: a part of it is not built as ours are
refusal-wrong-office = This report is locked for another office. Hand it in at that office's site, or make it again with the keys of this one.
    .title = The report was not stored: it is for another office
refusal-window-closed = The keys this report was locked with are not in use here. Fetch this office's keys again, and make it once more.
    .title = The report was not stored: its keys are not in use
refusal-no-sealed-file = No file arrived. Choose at least one sealed file, then send again.
    .title = Nothing was stored: no file was chosen
refusal-out-of-order = Another part of the report is expected now. Send the parts one after the other.
    .title = The part was not taken: another one is expected
refusal-other-bytes = This part was sent before, with other content. Begin again from the first part.
    .title = The part was not taken: its content has changed
refusal-complete = The report is stored already. Nothing more can be added to it.
    .title = The part was not taken: the report is complete
refusal-unknown-upload = We know nothing of the parts before this one, or gave them up. Begin again from the first part.
    .title = The part was not taken: its beginning is missing
refusal-part-too-large = One part is larger than { $limit } or than the parts before it. Send equal parts, and only the last one shorter.
    .title = The part was not taken: it is too large
