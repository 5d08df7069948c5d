//! Everything that a service decides on. The names are the actions of the Cedar schema; a test compares both lists.

/// Writes the enum and its list from one table, so that they cannot differ.
macro_rules! actions {
    ($($name:ident, $doc:literal;)*) => {
        /// What a caller wants to do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Action {
            $(#[doc = $doc] $name,)*
        }

        impl Action {
            /// All actions.
            pub const ALL: &[Action] = &[$(Action::$name,)*];

            /// The name in schema and policies.
            pub const fn as_str(self) -> &'static str {
                match self { $(Action::$name => stringify!($name),)* }
            }
        }
    };
}

actions! {
    ReadReference, "Divisions, units, calendars, deadlines.";
    ImportDivisions, "Take in rows of the territory tree.";
    UpdateUnits, "Make or change units.";
    UpdateCalendar, "Set a year's days off.";
    ReadProgramme, "A programme's version, its checks and decisions.";
    ImportProgramme, "Take in a programme's draft.";
    DecideFinding, "Record a decision on a finding.";
    IssueProgramme, "Freeze a draft as version 1.";
    AmendProgramme, "Make the next version.";
    ReadReport, "A report with its content and checks.";
    DraftReport, "Save a draft.";
    ReviewReport, "Agree with a draft.";
    SignReport, "Sign a reviewed draft.";
    SubmitReport, "Submit a signed draft.";
    FileReport, "File in one step what was signed on paper.";
    EnterReport, "Enter a sheet for a unit (代录).";
    ConfirmReport, "Confirm what the office entered.";
    RequestCorrection, "Ask for a correction of what is certified.";
    UpdateItems, "Make or change items of a list.";
    ReadItems, "Items of a list.";
    UploadEvidence, "Store an evidence file.";
    ReadEvidence, "Read an evidence file.";
    FileArticle, "File an experience article.";
    ReadArticles, "Articles of a month.";
    ReadDuties, "Who owes what by when.";
    ClosePeriod, "Close a month.";
    ReadCase, "A submitted version before office and certifier.";
    PassReport, "Make its values fast figures.";
    CertifyReport, "Accept or adjust its values.";
    ReturnReport, "Return it with reasons.";
    ApproveCorrection, "Agree to a correction.";
    RefuseCorrection, "Refuse a correction.";
    CreateScheme, "Make a scheme's next version.";
    ReadScheme, "Scoring schemes.";
    PreviewStanding, "Compute a standing without publishing it.";
    PublishStanding, "Seal a snapshot and publish its standings.";
    ReadStanding, "A published standing.";
    ComposeBulletin, "Draft a bulletin.";
    ApproveBulletin, "Approve a bulletin's draft.";
    CountersignBulletin, "Countersign a bulletin for its figures.";
    CirculateBulletin, "Lay a bulletin before the leaders in charge.";
    HoldBulletin, "Ask to hold a bulletin.";
    IssueBulletin, "Number, render and issue a bulletin.";
    WithdrawBulletin, "Give a draft up, or make an issued bulletin's number void.";
    ReadBulletin, "A bulletin and its files.";
    CreateAccount, "Make an account.";
    UpdateAccount, "Change an account.";
    ReadAccounts, "Accounts of the tier.";
    ReadAudit, "Audit events.";
    EnrolTier, "Make a code by which a lower tier enrols.";
    RevokeTier, "Take a lower tier's certificates back.";
    JoinParent, "Join this tier to a parent, or leave it.";
    ResolveAlarm, "Accept a head that an alarm was raised about.";
    ExchangeHeads, "Have heads exchanged with the parent now.";
    CarryBundle, "Make bundles for other tiers, and take theirs in.";
    PackParcel, "Hand out what goes into a bundle, and take what came out of one.";
    ReadTiers, "Lower tiers, the parent, alarms.";
    ReadMandates, "What this tier gives to the calling one.";
    FileSets, "File a lower tier's figures.";
    ReadFilings, "How a lower tier's figures stand.";
    WatchLedger, "Follow a ledger.";
    ReadEntry, "Read one ledger entry.";
    ReadCheckpoint, "A ledger's head and proofs, which show hashes only.";
}
