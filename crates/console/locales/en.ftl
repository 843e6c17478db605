# Texts of the console, in English. The questionnaire's words (field-…, value-…, block-…) stand in locales/en.ftl
# of the repository and are shared by all programs. Short, calm, no promise that the software cannot keep.

## Every page

console-title = { $page } – Asylia console
console-name = Asylia console
console-demo = DEMO KEYS
console-demo-meaning = These keys are for trying out; anyone can have them. Nothing real belongs in this vault.
console-skip = To the content
console-menu = Menu
console-menu-inbox = Inbox
console-menu-help = Help
console-menu-identities = Identities
console-menu-import = Import
console-menu-search = Search
console-menu-audit = Audit log
console-menu-people = People and keys
console-menu-passphrase = My passphrase
console-lock = Lock
console-lock-help = Drops all keys from memory.

## Words for a record

console-state-imported = Imported

console-path-browser = sealed in the submitter's browser
console-path-server = JavaScript was off: our server could read it for some seconds
console-path-sealed-file = sealed on another computer with asylia-seal
console-size-bytes = { $number ->
    [one] { $number } byte
   *[other] { $number } bytes
}

console-part-account = the account (story, facts and permissions)
console-part-identity = the part with names
console-part-attachment = attachment { $number }
console-part-manifest = the list of all parts
console-problem-damaged = Damaged: { $part } does not open. Do not rely on what may be missing; ask the submitter to send it again.
console-problem-closed = Closed: no key for { $part } is in this vault. Somebody with that key can open it.
console-problem-foreign = Foreign: { $part } belongs to another report. It is not shown; tell the focal point.
console-problem-not-as-in-manifest = Altered or missing: { $part } is not what the list of all parts says. Do not rely on it.
console-problem-extra = Added: { $part } is not in the list of all parts. Somebody may have put it there later.
console-problem-unknown = A part of this record has a name that the format does not know. It is not shown.
console-problem-missing = Missing: { $part }. Every report has this part; somebody may have taken it away.

console-reason-digest = Its bytes are not those that the server signed.
console-reason-frame = Its length or padding is not that of a stored record: it was cut or altered.
console-reason-seal = Its seal does not open: it was altered or cut, or was sealed with another key.
console-reason-format = It opens, but its content is not of this format.
console-reason-other-record = Inside it carries another record's number: it was swapped or re-labelled.
console-reason-other-period = Inside it carries another period: it was re-labelled.
console-reason-other-instance = Inside it names another office's installation.
console-reason-no-key = This vault has no intake key for its period.
console-reason-same-number = Another record with the same number is already here.
console-reason-panic = This program met an error of its own while opening it.
console-advice-digest = Copy the bundle from the stick again and repeat the import.
console-advice-frame = Ask the operator to export it again, and whether the server's disk is sound.
console-advice-seal = Ask the operator to export it again, and whether the server's disk is sound.
console-advice-format = Keep it, and ask the makers of this program.
console-advice-other-record = Tell the focal point: somebody may have changed the server's store.
console-advice-other-period = Tell the focal point: somebody may have changed the server's store.
console-advice-other-instance = Tell the focal point: it was not sent to this office.
console-advice-no-key = Ask who holds the key of this period.
console-advice-same-number = Tell the focal point: two records with one number should not exist.
console-advice-panic = Keep it, and send its number to the makers of this program.

console-sent-twice = { $count ->
    [one] This report is here once.
   *[other] The same report is here { $count } times: the submitter sent it more than once. All copies stay.
}

## Unlock

console-unlock-title = Unlock
console-unlock-heading = Unlock the vault
console-unlock-who = Your name
console-unlock-passphrase = Passphrase
console-unlock-date = Today is { $day } (year, month, day, UTC). I looked at a calendar or a clock that is not this computer.
console-unlock-date-refused = The date was not confirmed. Set this computer's date right if it is wrong, then tick the box and unlock again.
console-unlock-clock = This computer's clock is behind the vault's last entry. Set date and time right, then unlock again.
console-unlock-button = Unlock
console-unlock-wait = This takes a second or two: the passphrase is made slow to guess on purpose.
console-unlock-wrong = The passphrase is wrong; the vault is not damaged. Look at the keyboard layout and Caps Lock, and type name and passphrase again.
console-unlock-damaged = The vault file is damaged; the passphrase is not at fault. Restore the vault's folder from the last backup.
console-unlock-version = This vault was made by another version of this program. Use the version that made it.
console-unlock-failed = The vault could not be read. Check the disk, then run asylia-console doctor.
console-locked = The vault is locked. The keys are out of memory.

console-head-heading = The signed head of the vault
console-head-text = Photograph the code or copy the lines, and keep them away from this computer. They tell nothing of what is inside, and show later whether somebody set the vault back: asylia-console audit verify --head FILE
console-head-picture = The lines below as a QR code

## Inbox

console-inbox-title = Inbox
console-inbox-count = { $count ->
    [0] No reports yet.
    [one] One report.
   *[other] { $count } reports.
}
console-inbox-empty = Put in the stick with a bundle and choose Import in the menu.
console-inbox-caption = Reports
console-inbox-only = Which reports
console-inbox-only-all = All reports
console-inbox-only-files = With files
console-inbox-only-problems = With something that did not verify
console-inbox-only-twice = Sent more than once
console-inbox-sort = Order
console-inbox-sort-newest = Newest day first
console-inbox-sort-oldest = Oldest day first
console-inbox-sort-files = Most files first
console-inbox-sort-problems = Most to know first
console-inbox-choose = Show
console-inbox-fitting = { $count ->
    [0] None of them fits what is chosen.
    [one] One of them fits what is chosen.
   *[other] { $count } of them fit what is chosen.
}
console-inbox-day = Received (UTC)
console-inbox-record = Record
console-inbox-state = State
console-inbox-path = How it came
console-inbox-attachments = Files
console-inbox-problems = To know
console-inbox-problem-count = { $count ->
    [one] One part did not verify
   *[other] { $count } parts did not verify
}
console-inbox-twice = Sent more than once
console-inbox-damaged = { $count ->
    [one] One row of the vault is damaged. asylia-console doctor names it; the rest is whole.
   *[other] { $count } rows of the vault are damaged. asylia-console doctor names them; the rest is whole.
}
console-inbox-missing = { $count ->
    [one] Bundle { $list } never arrived. Ask the operator for it.
   *[other] These bundles never arrived: { $list }. Ask the operator for them.
}
console-inbox-parts = Parts of the list
console-inbox-newer = Newer reports
console-inbox-older = Older reports
console-inbox-missing-more = { $list } and more

console-quarantine-heading = In quarantine
console-quarantine-note = These records did not open and are not shown. Their bytes are kept.
console-quarantine-caption = Records in quarantine
console-quarantine-reason = Why
console-quarantine-advice = What to do

## A report

console-case-title = Report
console-case-heading = Report
console-case-warning = What must we not do or mention?
console-case-warning-none = The submitter left this empty. That does not mean that nothing could do harm.
console-case-story = What happened
console-case-story-none = There is no story: the account did not open.
console-case-answers = Other answers
console-case-permissions = Permissions
console-case-identity = Identity
console-case-identity-note = Kept apart. Names in the story or in files are not separated by this.
console-case-attachments = Files
console-case-attachments-none = No files.
console-case-attachments-note = Files may be dangerous to open. To write one out, for example the first, to a place of your choice:
console-case-attachments-name = Name given by the submitter; it may lie about what the file is
console-case-attachments-number = No.
console-case-attachments-type = Type claimed
console-case-attachments-size = Size
console-case-attachments-sha256 = SHA-256
console-case-problems = What did not verify
console-case-problems-none = Every part opened and verified.
console-case-details = About this record
console-case-received = Received (UTC)
console-case-record = Record
console-case-path = How it came
console-case-language = Language of the form
console-case-unanswered-list = { $count ->
    [one] One question was not answered
   *[other] { $count } questions were not answered
}
console-case-unproven = Nothing here proves who wrote it.
console-case-refused = This record cannot be shown

## Search

console-import-title = Import
console-import-running = A bundle is being imported
console-import-percent = { $percent } % are read.
console-import-again = Look again
console-import-stop = Stop the import
console-import-stop-help = What was taken in stays. The same bundle again goes on where it stopped.
console-import-stopped = The import was stopped. What was taken in stays; import the same bundle again to go on.
console-import-locked = The vault was locked before the import began. Unlock it and import the bundle again.
console-import-gone = The bundle is not there any more. Put in the stick and choose again.
console-import-busy = Another program is writing to this vault. Wait until it has ended, then import again.
console-import-inbox = To the inbox
console-import-none = No bundle was found on a stick. Put in the stick, and open it in the file manager if it does not appear.
console-import-look = Look again
console-import-caption = Bundles on sticks
console-import-file = File
console-import-size = Size
console-import-act = Import
console-import-button = Import this bundle
console-import-mib = { $number } MB
console-import-read-only = Sticks are only read. Nothing is written to them here.
console-search-title = Search
console-search-words = Words to look for
console-search-button = Search
console-search-how = Finds reports in which every word occurs, also within longer words, whatever the case or the Arabic vowel signs. Names in the identity part are not searched. That you searched is written to the audit log; the words are not.
console-search-found = { $count ->
    [0] Nothing found
    [one] One report found
   *[other] { $count } reports found
}
console-search-searched = { $count ->
    [one] One report was looked through.
   *[other] { $count } reports were looked through.
}
console-search-unreadable = { $count ->
    [one] One report could not be looked through, because its stored bytes are damaged. asylia-console doctor names it.
   *[other] { $count } reports could not be looked through, because their stored bytes are damaged. asylia-console doctor names them.
}
console-search-more = The first 200 are shown. Add a word to find fewer.

## Audit log

console-audit-title = Audit log
console-audit-count = { $count ->
    [0] No entry fits.
    [one] One entry.
   *[other] { $count } entries.
}
console-audit-caption = Who did what, newest first; times in UTC
console-audit-number = No.
console-audit-at = When (UTC)
console-audit-by = Who
console-audit-act = What
console-audit-of = Of which record, person or number
console-audit-record = Record
console-audit-all = all
console-audit-filter = Show these
console-audit-parts = Parts of the log
console-audit-newer = Newer entries
console-audit-older = Older entries

console-act-vault-made = made the vault
console-act-vault-migrated = brought the vault to its new form
console-act-import-begun = began to import a bundle
console-act-import-ended = imported a bundle
console-act-record-taken = took a record in
console-act-case-viewed = looked at a report
console-act-identity-viewed = looked at an identity part
console-act-identity-sealed = sealed an identity part under the vault's key
console-act-attachment-exported = wrote a file out
console-act-person-added = added a person
console-act-person-removed = removed a person
console-act-roles-changed = changed a person's roles
console-act-passphrase-changed = changed the own passphrase
console-act-passphrase-recovered = replaced a lost passphrase with the recovery key
console-act-recovery-key-set = set the recovery key
console-act-keys-renewed = made keys of roles new
console-act-backup-made = copied the vault
console-act-restored = restored the vault from a copy
console-act-log-exported = wrote the audit log out
console-act-searched = searched the reports; the number is how many were found
console-act-identities-added = added identities of a period
console-act-bundle-taken = took a newer key bundle
console-act-period-destroyed = destroyed the identities of a period
console-act-office-key-taken = put the office's signing key into the vault
console-act-server-paired = paired the server
console-act-new-count-confirmed = confirmed that the server counts anew
console-act-reply-written = wrote an answer to a submitter
console-act-reply-written-anyway = wrote an answer in spite of words on the deny-list
console-act-follow-up-accepted = took in a follow-up
console-act-follow-up-refused = refused a follow-up
console-act-bundle-made = made a bundle for the server
console-act-bundle-written = wrote a bundle for the server to a stick
console-act-handed-over = handed the vault over
console-act-damage-seen = met damage before writing

## People and keys

console-people-title = People and keys
console-people-caption = Everybody who can unlock the vault; choose a name to change it
console-people-name = Name
console-people-roles = Roles
console-people-add = Add a person
console-people-new = New passphrase
console-people-again = New passphrase again
console-people-new-help = At least six random words. Whoever will use it types it here, and nobody else looks.
console-people-own = Your own passphrase, to confirm
console-people-add-button = Add
console-people-wait = This takes some seconds: the passphrases are made slow to guess on purpose.
console-people-roles-heading = Roles
console-people-roles-help = The other roles are there at the person's next unlock. If a role is taken away, its keys are made new: what is written later stays closed to the old ones.
console-people-roles-button = Set these roles
console-people-remove-heading = Remove
console-people-remove-help = The person can no longer unlock this vault, and the keys of the person's roles are made new. An older copy of the vault still opens with the old passphrase.
console-people-remove-sure = Yes, remove this person
console-people-remove-button = Remove
console-people-back = Back to the list
console-people-added = The person is added and can unlock the vault.
console-people-roles-done = The roles are set.
console-people-removed = The person is removed, and keys are new.
console-people-unlike = The new passphrase was not typed twice alike; nothing was changed. Type it again.
console-people-not-sure = The box was not ticked; nothing was changed. Tick it if you are sure.
console-people-wrong = Your own passphrase is not right; nothing was changed. Look at the keyboard layout and Caps Lock, and try again.
console-people-empty = The passphrase is empty; nothing was changed. Choose at least six random words.
console-people-taken = The name is empty, reserved or taken; nothing was changed. Choose another name.
console-people-no-role = A person needs at least one role; nothing was changed. Tick one.
console-people-last = This is the only focal point; nothing was changed. Make somebody else focal point first.

console-role-focal-point = Focal point
console-role-officer = Officer
console-role-custodian = Custodian
console-role-statistician = Statistician
console-role-auditor = Auditor
console-role-help-focal-point = everything, and appoints
console-role-help-officer = casework, without the part with names
console-role-help-custodian = the part with names, without casework
console-role-help-statistician = figures only
console-role-help-auditor = the audit log, without contents

console-passphrase-title = My passphrase
console-passphrase-button = Change
console-passphrase-done = Your passphrase is changed.
console-passphrase-copies = Copies of the vault from before still open with the old passphrase.

## Help

console-help-title = Help
console-help-heading = Help
console-help-network-heading = The network
console-help-network = This page just tried to make, connect and bind a network socket, and the kernel refused each. The console reaches nobody.
console-help-network-open = This console could open network connections, which must not be. Lock the vault, end the program, and tell the makers of this program.
console-help-import-heading = From the stick to the list
console-help-import = Put in the stick, choose Import in the menu, and press the button beside the bundle. The same bundle twice does no harm.
console-help-quarantine-heading = Quarantine
console-help-quarantine = A record whose bytes, seal or number is not right is kept, counted and not shown. The inbox says why and what to do.
console-help-marks-heading = Marks such as [U+202E]
console-help-marks = A character that could change how other text looks is shown by its number instead. The original bytes are kept.
console-help-limits-heading = What this console does not do yet
console-help-limits = No triage, no routing and no replies yet. It keeps itself off every network and cannot do that for the rest of this computer: use one that has no network. Full-disk encryption is needed in addition. Somebody who takes the computer while it is unlocked can read everything.

## Pages that refuse

console-not-found-title = Not found
console-not-found = There is no such page or record. Go back to the inbox.
console-denied-title = Not your role
console-denied = Your role does not open this page. Ask the focal point, who can change your role.
console-failed-title = Failed
console-failed = The vault could not be read just now. Lock the console, run asylia-console doctor, and try again.
console-refused-title = Refused
console-refused-host = This request named another host and was refused.
console-refused-session = This page is open only from the launch page of this session. Start asylia-console browser again.
console-refused-origin = This request came from another page and was refused.
console-refused-launch = This launch page was used already or belongs to another session. Start asylia-console browser again.

## Launch

console-launch-title = Open the console
console-launch-heading = Open the Asylia console
console-launch-text = This button works once. The page is for this computer and this moment only.
console-launch-button = Open the console
console-entered-title = Ready
console-entered-text = The console is open in this window only.
console-entered-link = Go on

## Command line

console-cli-init = The vault is made: { $identities ->
    [one] one identity
   *[other] { $identities } identities
}, key bundle { $sequence } of "{ $office }".
console-cli-import-count = Bundle { $sequence }: { $new } new, { $known } known, { $quarantined } in quarantine.
console-cli-import-none-missing = No bundle is missing.
console-cli-import-missing = Missing bundles: { $list }. Ask the operator for them.
console-cli-import-pinned = The server's key is now pinned: { $key }. Compare it once with the operator, by telephone.
console-cli-import-same-server = Signed by the server that is known here.
console-cli-import-refused = Record { $record } is in quarantine. { $reason } { $advice }
console-cli-import-problems = Record { $record } is imported, but some of it did not verify. Open it to see what.
console-cli-import-twice = Record { $record } is a report that was sent more than once. All copies stay.
console-cli-list-empty = No records. Import a bundle first.
console-cli-list-files = { $count ->
    [0] no files
    [one] one file
   *[other] { $count } files
}
console-cli-attachment = Attachment { $number } of record { $record } is written and verified.
console-cli-attachment-unlisted = The list of all parts is missing or damaged: nothing shows whether files were taken away.
console-cli-browser-serving = The console is open until you press Ctrl-C.
console-cli-browser-none = No browser was found that can be started with a private profile. Open this file in a browser whose history nobody else can read:
console-cli-doctor-vault = Vault version { $version }, Argon2id with { $mib } MiB and { $passes } passes.
console-cli-doctor-counts = { $events } events, { $imported } imported, { $quarantined } in quarantine, { $identities } identities, { $bundles } bundles, as far as your role sees.
console-cli-doctor-rows = Not as it was written: { $row }. Keep the folder as it is and restore the last backup beside it.
console-cli-doctor-record = Damaged record { $record }: its stored bytes changed on the disk. Restore it from the last backup.
console-cli-doctor-file = The database file has faults: { $fault }
console-cli-doctor-bundle = The key bundle's row is damaged. Restore the vault from the last backup.
console-cli-doctor-keys = Reports can be sealed under the key bundle here until { $until }.
console-cli-doctor-keys-meeting = KEYS: reports can be sealed until { $until } only. Hold the meeting of the year now (docs/CEREMONY.md).
console-cli-doctor-keys-overdue = KEYS: reports can be sealed until { $until } only, and the meeting of the year is overdue. Hold it this week.
console-cli-doctor-keys-urgent = KEYS: after { $until } nobody can report any more. Get a new key bundle signed and to the server before.
console-cli-doctor-keys-over = KEYS: since { $until } nobody can report under the key bundle here. Take the newest with `identity add --keys`, or hold the meeting now.
console-cli-doctor-network = The kernel refuses this program every network socket, as just tried.
console-cli-doctor-sound = No damage found.
console-cli-search-words = Words to look for:
console-cli-users-added = { $name } is added and can unlock the vault.
console-cli-users-removed = { $name } is removed. The keys of the roles are new; an older copy of the vault still opens with the old passphrase.
console-cli-users-roles = { $name } has other roles from the next unlock on.
console-cli-users-passphrase = The passphrase of { $name } is changed. Copies of the vault from before still open with the old one.
console-cli-users-recovery = The recovery key is set. Keep its shares apart from this computer and from each other.
console-cli-users-recovered = { $name } has a new passphrase.
console-cli-identity-added = { $identities ->
    [one] One identity is added.
   *[other] { $identities } identities are added.
} { $opened ->
    [0] No record was waiting for them.
    [one] One record that was waiting for them is open now.
   *[other] { $opened } records that were waiting for them are open now.
}
console-cli-identity-period = { $period }, sealed to until { $until }: identities { $identities }; { $records } records opened, { $quarantined } in quarantine, { $waiting } identity parts waiting.
console-cli-identity-destroyed = Destroyed on { $day }.
console-cli-identity-due = Its identities can be destroyed: nothing more needs them.
console-cli-identity-gone = The identities of { $period } ({ $identities }) are destroyed in this vault, and the statement is written.
console-cli-identity-gone-limits = Other copies stay until they are destroyed too: identity files, shares of the seeds, and copies of this vault. What is in the vault stays readable to those who can unlock it.
console-hand-over-begin = The vault passes from one office to the next. Both are here, and the holders of the new recovery key; nobody else, no telephone, no camera and no network.
console-hand-over-demo = DEMO KEYS: for trying out. Nothing real belongs in this vault.
console-hand-over-appointed = The Committee appointed:
    { $text }
    Compare key and words with what you were told before.
console-hand-over-shares = The outgoing focal point is not needed: holders of the recovery key open the vault.
    { $text }
console-hand-over-ask-share = The next share of the recovery key
console-hand-over-share-good = The share of holder { $holder } is good.
console-hand-over-ask-outgoing = The outgoing focal point's passphrase of the vault:
console-hand-over-ask-key = The incoming focal point's passphrase of the key file:
console-hand-over-destroyed = Period { $period }: nothing needs its identities any more. They are destroyed in this vault, and a statement says so.
console-hand-over-alone = Now the incoming focal point is alone at the keyboard.
console-hand-over-ask-new = New passphrase of the vault, at least 12 characters, best six random words:
console-hand-over-ask-again = The same once more:
console-hand-over-ask-opened = The vault is handed over already. The incoming focal point's passphrase of the vault:
console-hand-over-differ = The two differ. Type them again.
console-hand-over-short = This has fewer than 12 characters. Use six or more random words.
console-hand-over-manifest = This is what both sign:
    { $text }
    Read it aloud.
console-hand-over-agree-outgoing = Whoever hands over types `agreed`, or stops with Ctrl-C:
console-hand-over-agree-incoming = Whoever takes over types `agreed`, or stops with Ctrl-C:
console-hand-over-not-agreed = Nothing was changed.
console-hand-over-done = The vault is handed over and checked: { $name } opens it, and no old passphrase does. Give hand-over.txt, head.txt and the statements to both and to the Committee. Staff who stay are added again with `users add`; every older copy of the vault still opens as before, so destroy the old backups.

console-cli-audit-verified = { $events } events, { $heads } of them signed heads.
console-cli-audit-fault = Not as it was written: { $fault }
console-cli-audit-head-fits = Event { $number }, which the carried head signs, is in its place.
console-cli-audit-exported = { $count } entries are written, without contents.
console-cli-backup = The copy is written. Keep the following lines somewhere else: they show later whether a copy was set back.
console-cli-restore = The vault is restored and checked: { $count ->
    [one] one record
   *[other] { $count } records
}.

## Letters to submitters: what the console writes by itself (a submitter reads it)

console-reply-first = The office has your report. It was opened on the office's own computer, which has no network. The three words are those of your receipt: if they are others, or missing, do not trust this answer. Come back with your code; questions and answers will stand here.
console-reply-withdrawn = You took back your permissions. From now on the office keeps and counts the case and passes nothing on. What was passed on before cannot be called back; whoever has it is told.
console-reply-lowered = Your changed permissions are noted. What is lower than before holds at once. What would be higher does not count without a question of the office: it will ask you.
console-reply-raise-unproven = Your changed permissions are noted. What is lower than before holds at once. What would be higher does not count yet, since this code was used where our server could read it: the office will ask you a second time.
console-reply-raise-noted = Your changed permissions are noted. What is lower than before holds at once. What is higher is looked at by two officers before it counts.
console-reply-delete = You asked the office to delete what you told it. Somebody will answer you here.
console-reply-new-code = Your new code is noted. The old one ends when the office's next stick reaches the server; until then whoever has it can still read what lies in the old mailbox.
console-reply-arrived = What you sent later has arrived, and was opened on the office's own computer.

## Letters: the thread of a report

console-thread-heading = Answers and what came back
console-thread-empty = Nothing was written or came yet.
console-thread-no-mailbox = This report has no mailbox of its own: nothing can be written to its submitter from here.
console-thread-through-server = The code or an answer passed through the server, with JavaScript off. Whoever had the server then can read these answers and write in the submitter's name: a raised permission counts as unproven.
console-thread-out = The office, { $day }: { $kind } { $counter } ({ $way })
console-thread-by = Written by { $name }.
console-thread-by-console = Written by the console itself.
console-thread-in = The submitter, { $day }: follow-up { $counter }
console-thread-in-refused = NOT COUNTED: follow-up { $counter } of { $day }
console-thread-files = { $count ->
    [one] One file came with it.
   *[other] { $count } files came with it.
}
console-thread-open = Open all of it
console-thread-withdrawn = Takes back every permission. This holds already.
console-thread-delete = Asks to delete what was told.
console-thread-new-code = Brings a new code. The old mailbox ends with the next export.
console-thread-permission = { $purpose }: { $permission }
console-thread-raises-no = Answers no fresh question: counts only where it lowers a permission.
console-thread-raises-unproven = UNPROVEN: answers a question, but code or answer passed through the server. What it raises needs two officers and a second question with its answer.
console-thread-raises-answered = Answers a question of the office. What it raises needs two officers.
console-kind-received = first answer
console-kind-message = message
console-kind-question = question
console-kind-confirmation = confirmation
console-way-waits = waits for an export
console-way-sent = left with bundle { $bundle }, not confirmed yet
console-way-delivered = the server has it
console-way-ended = never sent: its mailbox ended
console-follow-up-altered = Its text or its list of parts was altered or does not open. Ask the submitter to send it again.
console-follow-up-unsigned = It carries no signature, so anybody may have written it. Do nothing it says; ask the submitter.
console-follow-up-not-the-code = It is not signed with this report's code. Do nothing it says; tell the focal point.
console-follow-up-not-the-new-code = It names a new code that has not signed the change. Ask the submitter to make a new code again.
console-follow-up-old-counter = It is not newer than what came before: a copy of an earlier one, sent again by somebody. Do nothing it says.
console-follow-up-sent-twice = It is the same follow-up, sent twice. It counts once.
console-follow-up-far-ahead = Its number lies days ahead, as from a computer with a wrong calendar. Ask the submitter to send it again.
console-follow-up-ended-code = It is signed with a code that a new one has replaced. Ask the submitter by the new mailbox.
console-follow-up-second-new-code = ALARM: a second new code was made with a code that was replaced already, so two people have that code. Act on neither's raised permissions, and find another way to the submitter.
console-follow-up-taken-code = Its new code is that of another mailbox. Do nothing it says; tell the focal point.
console-permission-no = no
console-permission-ask-first = ask first
console-permission-without-identity = without the identity
console-permission-with-identity = with the identity

console-reply-heading = Write to the submitter
console-reply-label = What the submitter shall read
console-reply-help = It leaves with one of the next exports. Whoever sees the submitter's screen can read it, and while JavaScript is off our server can too: no names, no places, nothing that the report does not need.
console-reply-question = It is a question. Only the answer to a question can raise a permission.
console-reply-button = Put it with the next export
console-reply-anyway = It holds names of the report. It shall go all the same.
console-reply-taken = Answer { $counter } waits for the next export.
console-reply-names-unchecked = The names of this report are closed to you, so they were not looked for in the text. Look for them yourself.

## Export: from the vault onto a stick

console-menu-export = Export
console-export-title = Export
console-export-explain = What goes to the server: answers, what the office has, mailboxes that ended. Use another stick than the one that came from the server.
console-export-waiting-now = { $count ->
    [0] No answer waits.
    [one] One answer waits.
   *[other] { $count } answers wait.
}
console-export-later = { $count ->
    [one] One of them leaves later: the server still holds what it is about.
   *[other] { $count } of them leave later: the server still holds what they are about.
}
console-export-place = Where to
console-export-none = No stick was found. Put one in, and open it in the file manager if it does not appear.
console-export-button = Write the bundle
console-export-not-there = The stick is not there any more. Put it in and choose again.
console-export-done = Bundle { $sequence } for the server is written: { $replies } new answers, { $again } sent again, among others that say nothing.
console-export-repeated = Bundle { $sequence } for the server is written, as it was fixed before: { $replies } answers, { $again } sent again, among others that say nothing.
console-export-acknowledged = { $count ->
    [one] It acknowledges one record: the server will delete it.
   *[other] It acknowledges { $count } records: the server will delete them.
}
console-export-ended = { $count ->
    [one] It ends one mailbox.
   *[other] It ends { $count } mailboxes.
}
console-export-waiting = { $count ->
    [one] One answer waits: it leaves once the server has deleted what it is about.
   *[other] { $count } answers wait: they leave once the server has deleted what they are about.
}
console-export-next = Take the stick to the operator, who runs `asylia import`. Keep a copy of the .head file beside the bundle: it shows later whether the vault was set back.
console-export-file = The file is { $file }.
console-export-lost = Bundles that the server has not confirmed
console-export-lost-explain = If a stick was lost, write its bundle once more. The server takes it once, however often it comes.
console-export-again = Write bundle { $sequence } again

## Pairing

console-menu-pair = Pairing
console-pair-title = Pairing
console-pair-explain = Compare both sides by telephone, word for word, with the server's operator. What you compare is no secret.
console-pair-office-heading = What the operator must see
console-pair-office = Office
console-pair-instance = Installation
console-pair-fingerprint = The office's words
console-pair-key-bundle = Key bundle number
console-pair-key = Key that signs for the office
console-pair-key-unlisted = { $key } (not in the key bundle: no server believes it yet)
console-pair-no-key = none in this vault: nothing can be exported. Put it in with `asylia-console identity add --signing FILE`.
console-pair-server-heading = The server
console-pair-server = The server's key: { $key }
console-pair-words = The words of both: read them aloud, and let the operator compare them with `asylia pair`
console-pair-no-server = No server is pinned. The first bundle's own key would be.
console-pair-label = The server's key, as the operator reads it from `asylia status`
console-pair-replace = It takes the place of another server's key, since that server was replaced
console-pair-button = Believe this server
console-pair-done = This server is believed from now on.
console-pair-not-a-key = This is no server's key. Type it again as `asylia status` prints it.

console-acknowledge-heading = All of it is here: tell the server
console-acknowledge-explain = These twelve words let the server delete what is here. Type them on the server's side with `asylia acknowledge`, or scan the code. Whoever has them can do nothing else with them.
console-acknowledge-qr = The twelve words as a QR code
console-cli-import-acknowledge = To let the server delete these records, type there, with `asylia acknowledge`: { $words }
console-cli-import-no-words = Export to tell the server what is here; it deletes nothing else.
console-cli-import-unacknowledged = { $count ->
    [one] One record is not here for good. It is not acknowledged, and the server keeps it.
   *[other] { $count } records are not here for good. They are not acknowledged, and the server keeps them.
}
console-cli-import-confirmed = The server has taken in all our bundles up to number { $sequence }.
console-cli-import-followed-up = { $count ->
    [one] One follow-up counts. Its report shows it.
   *[other] { $count } follow-ups count. Their reports show them.
}
console-cli-import-follow-ups-wait = { $count ->
    [one] One follow-up belongs to a report that is not here. It waits for it.
   *[other] { $count } follow-ups belong to reports that are not here. They wait for them.
}
console-cli-import-follow-up-refused = A follow-up to report { $record } does not count. { $reason }
console-import-new-count = The operator confirmed by telephone that the server was restored and counts anew
console-report-follow-up = This is a follow-up to report { $record }.
console-report-follow-up-waiting = This is a follow-up whose report is not here yet.
console-state-follow-up = Follow-up
console-cli-signing-added = The office's signing key is in the vault: the next export is signed with it.
console-reason-decoy = It is a decoy of the server: nobody reported anything.
console-advice-decoy = There is nothing to do.
console-cli-import-decoys = { $count ->
    [one] One record was a decoy, and is kept nowhere.
   *[other] { $count } records were decoys, and are kept nowhere.
}

# Identity parts
console-identity-closed = Who somebody is stands apart. Opening it is written to the audit log with your name and your reason.
console-identity-why = Why do you open it?
console-identity-choose = Choose a reason
console-identity-open = Open the identity
console-motive-contact = to reach the person concerned or the submitter
console-motive-duplicate = to see whether two reports speak of the same person
console-motive-packet = for a packet that may name the person
console-motive-deny-list = to list what must stand in no packet
console-motive-request = the person asked for it
console-motive-check = to check that what was sealed can be read
console-motive-not-said = no reason was given
console-identities-title = Identities
console-identities-text = Numbers of the reports whose identity part your key opens. Open only those that somebody needs, and say why.
console-identities-number = Record number, or how it begins
console-identities-find = Find
console-identities-count = { $count ->
    [0] There is none with this number.
    [one] One identity part.
   *[other] { $count } identity parts.
}
console-identities-waits = waits to be sealed again
console-identities-more = More of them
