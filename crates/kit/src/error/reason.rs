//! Every stable reason of a refusal, in one table: a new reason is one new line here and one page in deploy/guide/errors.
//! The reason is what programs act on; the sentences are what people read when nothing more exact is known.

use tonic::Code;

/// Writes the enum and its table from one list, so that they cannot differ.
macro_rules! reasons {
    ($($variant:ident, $name:literal, $code:ident, $zh:literal, $en:literal;)*) => {
        /// Why something was refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Reason {
            $(#[doc = $en] $variant,)*
        }

        impl Reason {
            /// All reasons, in the order of their table.
            pub const ALL: &[Reason] = &[$(Reason::$variant,)*];

            /// The stable name, as in `google.rpc.ErrorInfo.reason`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Reason::$variant => $name,)* }
            }

            /// The gRPC code that goes with it.
            pub const fn code(self) -> Code {
                match self { $(Reason::$variant => Code::$code,)* }
            }

            /// What happened, in Chinese, where nothing more exact is known.
            pub const fn zh(self) -> &'static str {
                match self { $(Reason::$variant => $zh,)* }
            }

            /// The same in English.
            pub const fn en(self) -> &'static str {
                match self { $(Reason::$variant => $en,)* }
            }
        }
    };
}

reasons! {
    FieldRequired, "FIELD_REQUIRED", InvalidArgument,
        "必填的内容没有填。",
        "A required field is missing.";
    FieldInvalid, "FIELD_INVALID", InvalidArgument,
        "填写的内容不合规则。",
        "A field breaks its rule.";
    FieldOutputOnly, "FIELD_OUTPUT_ONLY", InvalidArgument,
        "该内容由系统给出，不能由调用方填写。",
        "The field is set by the server and may not be given.";
    RequestInvalid, "REQUEST_INVALID", InvalidArgument,
        "请求无法读懂：编码或结构有误。",
        "The request could not be decoded.";
    PageTokenInvalid, "PAGE_TOKEN_INVALID", InvalidArgument,
        "翻页标记无效，或属于另一个查询。",
        "The page token is invalid or belongs to another query.";
    PageSizeInvalid, "PAGE_SIZE_INVALID", InvalidArgument,
        "每页条数无效。",
        "The page size is invalid.";
    RequestIdRequired, "REQUEST_ID_REQUIRED", InvalidArgument,
        "缺少请求编号，或长度不在1至64个字符之间。",
        "The request id is missing or not 1 to 64 characters long.";
    RequestIdReused, "REQUEST_ID_REUSED", InvalidArgument,
        "同一请求编号已用于内容不同的请求。",
        "The request id was already used with another body.";
    TooLarge, "TOO_LARGE", ResourceExhausted,
        "请求超过大小上限。",
        "The request is larger than the limit.";
    TooManyRequests, "TOO_MANY_REQUESTS", ResourceExhausted,
        "请求过多，请稍后再试。",
        "Too many requests; try again later.";
    LedgerShorter, "LEDGER_SHORTER", FailedPrecondition,
        "对方的存证账比已保存的短，可能恢复过旧备份。",
        "The ledger is shorter than what was already read from it: an old backup may have been restored.";
    CursorMoved, "CURSOR_MOVED", Aborted,
        "另一副本已先行处理，请重新读取。",
        "Another replica was faster; read the cursor again.";
    LeaseLost, "LEASE_LOST", Aborted,
        "本副本已不是跟随者，已由另一副本接替。",
        "This replica holds the lease no longer: another one follows.";
    EtagMismatch, "ETAG_MISMATCH", Aborted,
        "内容已被他人更改，请刷新后重试。",
        "It was changed by somebody else since it was read.";
    TokenInvalid, "TOKEN_INVALID", Unauthenticated,
        "没有登录，或登录已失效。",
        "The call carries no valid token.";
    TierUnknown, "TIER_UNKNOWN", Unauthenticated,
        "该证书没有登记为下级，或已被更新的证书取代，或已过期。",
        "The certificate is not enrolled as a lower tier's, or was replaced by a newer one, or has expired.";
    TierRevoked, "TIER_REVOKED", Unauthenticated,
        "该下级的证书已被撤销。",
        "The lower tier's certificate was revoked.";
    EnrolmentCodeInvalid, "ENROLMENT_CODE_INVALID", Unauthenticated,
        "登记码无效：不存在、已用过或已过期。",
        "The enrolment code is wrong, used or expired.";
    TierNotEnrolled, "TIER_NOT_ENROLLED", NotFound,
        "没有登记这个下级。",
        "There is no such lower tier.";
    ParentNotJoined, "PARENT_NOT_JOINED", FailedPrecondition,
        "本级尚未接入上级。",
        "This tier has not joined a parent.";
    ParentWithoutLine, "PARENT_WITHOUT_LINE", FailedPrecondition,
        "本级与上级之间没有线路，数据用数据包往来。",
        "There is no line to the parent: bundles carry what goes up and comes down.";
    BundleUnreadable, "BUNDLE_UNREADABLE", InvalidArgument,
        "不是可以读取的数据包或登记文件，或不完整。",
        "The file is no bundle or enrolment file that can be read, or is not whole.";
    BundleAltered, "BUNDLE_ALTERED", InvalidArgument,
        "文件在途中被改动，或不是由所称的一方签发。",
        "The file was altered on its way, or was not made by whom it names.";
    BundleMisaddressed, "BUNDLE_MISADDRESSED", InvalidArgument,
        "文件不是给本级的。",
        "The file is for another tier.";
    ParentUntrusted, "PARENT_UNTRUSTED", FailedPrecondition,
        "对方证书与所给指纹不符，未接入。",
        "The certificate shown is not the one whose fingerprint was given; nothing was joined.";
    LedgerForked, "LEDGER_FORKED", FailedPrecondition,
        "存证账与已保存的头不一致：历史被改写。",
        "The ledger does not extend the head that was kept: its past was rewritten.";
    EntryConflict, "ENTRY_CONFLICT", AlreadyExists,
        "这个编号下已收到另一条内容，两条不能并存。",
        "Another entry is kept under this number already.";
    LedgerKeyChanged, "LEDGER_KEY_CHANGED", FailedPrecondition,
        "存证账的签名密钥与首次收到时不同。",
        "The ledger is signed by another key than the one first seen.";
    MandateUnknown, "MANDATE_UNKNOWN", NotFound,
        "没有把该指标下达给这个下级。",
        "The indicator is not mandated to this lower tier.";
    SetIncomplete, "SET_INCOMPLETE", InvalidArgument,
        "这一套数据不完整：下达的每个计量项都须填报。",
        "The set is incomplete: every mandated measure needs a value.";
    SetProofInvalid, "SET_PROOF_INVALID", InvalidArgument,
        "这一套数据所附的证明不成立。",
        "A proof that the set comes with does not hold.";
    AlarmUnknown, "ALARM_UNKNOWN", NotFound,
        "没有这条未处理的告警。",
        "There is no such open alarm.";
    AlarmMoved, "ALARM_MOVED", Aborted,
        "告警中的账头已变，请重新查看后再处理。",
        "The head that the alarm shows has changed since it was read.";
    CredentialsInvalid, "CREDENTIALS_INVALID", Unauthenticated,
        "账号或密码不正确。",
        "Account or password is wrong.";
    LoginThrottled, "LOGIN_THROTTLED", ResourceExhausted,
        "登录尝试过多，请稍后再试。",
        "Too many attempts to log in; try again later.";
    PasswordWeak, "PASSWORD_WEAK", InvalidArgument,
        "密码不合要求：须为12至200个字符，且不易猜出。",
        "The password must be 12 to 200 characters and hard to guess.";
    NotAllowed, "NOT_ALLOWED", PermissionDenied,
        "当前账号无权进行此操作。",
        "The account may not do this.";
    NotLeadUnit, "NOT_LEAD_UNIT", PermissionDenied,
        "只有该指标的牵头单位可以进行此操作。",
        "Only the lead unit of the indicator may do this.";
    NotCertifier, "NOT_CERTIFIER", PermissionDenied,
        "只有该指标的数据评估认定单位可以进行此操作。",
        "Only the certifier of the indicator may do this.";
    SamePerson, "SAME_PERSON", PermissionDenied,
        "参与过此事的人员不能再办理这一步，换账号也不行。",
        "A person who took part may not do this step, under no account.";
    AccountExists, "ACCOUNT_EXISTS", AlreadyExists,
        "账号已存在。",
        "The account exists already.";
    AccountUnknown, "ACCOUNT_UNKNOWN", NotFound,
        "没有这个账号。",
        "There is no such account.";
    DivisionInvalid, "DIVISION_INVALID", InvalidArgument,
        "行政区划数据有误。",
        "A division breaks the rules.";
    DivisionUnknown, "DIVISION_UNKNOWN", NotFound,
        "没有这个行政区划。",
        "There is no such division.";
    UnitInvalid, "UNIT_INVALID", InvalidArgument,
        "单位数据有误。",
        "A unit breaks the rules.";
    UnitUnknown, "UNIT_UNKNOWN", NotFound,
        "没有这个单位。",
        "There is no such unit.";
    CalendarInvalid, "CALENDAR_INVALID", InvalidArgument,
        "日历数据有误。",
        "The calendar breaks the rules.";
    CalendarUnknown, "CALENDAR_UNKNOWN", NotFound,
        "没有这一年的日历。",
        "There is no such calendar.";
    ProgrammeInvalid, "PROGRAMME_INVALID", InvalidArgument,
        "年度实事项目文件有误。",
        "The programme breaks the rules.";
    ProgrammeUnknown, "PROGRAMME_UNKNOWN", NotFound,
        "没有这个年度实事项目。",
        "There is no such programme.";
    ProgrammeNotDraft, "PROGRAMME_NOT_DRAFT", FailedPrecondition,
        "已经下达，不能再作为草案更改。",
        "The programme has been issued; it is no draft any more.";
    ProgrammeNotIssued, "PROGRAMME_NOT_ISSUED", FailedPrecondition,
        "尚未下达。",
        "The programme has not been issued.";
    FindingUnknown, "FINDING_UNKNOWN", NotFound,
        "没有这条核查结果。",
        "There is no such finding.";
    MeasureUnknown, "MEASURE_UNKNOWN", NotFound,
        "没有这个计量项。",
        "There is no such measure.";
    QuantityInvalid, "QUANTITY_INVALID", InvalidArgument,
        "数值不合规则。",
        "A quantity breaks the rules.";
    UnitMismatch, "UNIT_MISMATCH", InvalidArgument,
        "计量单位与目录不一致。",
        "The unit of measure differs from the catalogue's.";
    PeriodInvalid, "PERIOD_INVALID", InvalidArgument,
        "期的写法不对。",
        "The period is not in canonical form.";
    PeriodNotOpen, "PERIOD_NOT_OPEN", FailedPrecondition,
        "这一期尚未开始报送。",
        "The period is not open yet.";
    PeriodClosed, "PERIOD_CLOSED", FailedPrecondition,
        "这一期已经关闭。",
        "The period is closed.";
    PeriodNotDue, "PERIOD_NOT_DUE", FailedPrecondition,
        "这一期尚未到截止时间。",
        "The period's deadline has not passed.";
    PeriodNotClosed, "PERIOD_NOT_CLOSED", FailedPrecondition,
        "这一期尚未关闭。",
        "The period is not closed yet.";
    ReportInvalid, "REPORT_INVALID", InvalidArgument,
        "报送内容有误。",
        "The report breaks the rules.";
    ReportUnknown, "REPORT_UNKNOWN", NotFound,
        "没有这份进展报送。",
        "There is no such report.";
    ReportState, "REPORT_STATE", FailedPrecondition,
        "报送当前的状态不允许这一步。",
        "The report's state does not allow this step.";
    WarningsUnexplained, "WARNINGS_UNEXPLAINED", InvalidArgument,
        "有提示尚未说明原因。",
        "Warnings are not explained.";
    ItemInvalid, "ITEM_INVALID", InvalidArgument,
        "台账条目有误。",
        "An item breaks the rules.";
    PersonalData, "PERSONAL_DATA", InvalidArgument,
        "内容含有身份证号、电话等个人信息，不予接收。",
        "The text holds personal data and is not accepted.";
    ArticleInvalid, "ARTICLE_INVALID", InvalidArgument,
        "典型经验文稿有误。",
        "The article breaks the rules.";
    EvidenceType, "EVIDENCE_TYPE", InvalidArgument,
        "不接收这种文件。",
        "This type of file is not accepted.";
    EvidenceHash, "EVIDENCE_HASH", InvalidArgument,
        "文件内容与所给的哈希值不符。",
        "The bytes do not have the hash that was given.";
    EvidenceTooLarge, "EVIDENCE_TOO_LARGE", ResourceExhausted,
        "文件超过大小上限。",
        "The file is larger than the limit.";
    EvidenceUnknown, "EVIDENCE_UNKNOWN", NotFound,
        "没有这个佐证文件。",
        "There is no such evidence file.";
    CaseUnknown, "CASE_UNKNOWN", NotFound,
        "没有这份待核报送。",
        "There is no such case.";
    CaseState, "CASE_STATE", FailedPrecondition,
        "待核报送当前的状态不允许这一步。",
        "The case's state does not allow this step.";
    NotCertifiedThisPeriod, "NOT_CERTIFIED_THIS_PERIOD", FailedPrecondition,
        "按年度安排，这一期不作数据认定。",
        "This period is not certified.";
    DecisionInvalid, "DECISION_INVALID", InvalidArgument,
        "核定内容有误。",
        "The decision breaks the rules.";
    SchemeInvalid, "SCHEME_INVALID", InvalidArgument,
        "评分办法有误。",
        "The scheme breaks the rules.";
    SchemeUnknown, "SCHEME_UNKNOWN", NotFound,
        "没有这个评分办法。",
        "There is no such scheme.";
    StandingUnknown, "STANDING_UNKNOWN", NotFound,
        "没有这次排名。",
        "There is no such standing.";
    StandingPublished, "STANDING_PUBLISHED", FailedPrecondition,
        "排名已经发布，不能更改。",
        "The standing has been published and is frozen.";
    FiguresBehind, "FIGURES_BEHIND", FailedPrecondition,
        "数据尚未同步完毕，请稍后再试。",
        "The figures are not up to date yet; try again.";
    TemplateInvalid, "TEMPLATE_INVALID", FailedPrecondition,
        "文稿模板有误，没有生成文稿；请按所指的文件和行修改模板。",
        "A template is wrong, and nothing was made; correct it at the file and line given.";
    BulletinUnknown, "BULLETIN_UNKNOWN", NotFound,
        "没有这份通报。",
        "There is no such bulletin.";
    BulletinState, "BULLETIN_STATE", FailedPrecondition,
        "通报当前的状态不允许这一步。",
        "The bulletin's state does not allow this step.";
    LedgerUnknown, "LEDGER_UNKNOWN", NotFound,
        "没有这本存证账。",
        "There is no such ledger.";
    EntryUnknown, "ENTRY_UNKNOWN", NotFound,
        "存证账中没有这一条。",
        "There is no such entry.";
    TreeSizeInvalid, "TREE_SIZE_INVALID", InvalidArgument,
        "树的大小无效。",
        "The tree size is invalid.";
    MethodUnknown, "METHOD_UNKNOWN", Unimplemented,
        "没有这个方法。",
        "There is no such method.";
    DeadlineExceeded, "DEADLINE_EXCEEDED", DeadlineExceeded,
        "超过时限，处理已停止。",
        "The deadline passed and the work was stopped.";
    StorageUnavailable, "STORAGE_UNAVAILABLE", Unavailable,
        "存储暂不可用，请稍后再试。",
        "Storage is not available at the moment.";
    ServiceUnavailable, "SERVICE_UNAVAILABLE", Unavailable,
        "服务暂不可用，请稍后再试。",
        "The service is not available at the moment.";
    Internal, "INTERNAL", Internal,
        "系统内部错误，已记录。",
        "An internal error; it has been logged.";
}

impl Reason {
    /// The reason of a name, for example from an answer's details.
    pub fn parse(name: &str) -> Option<Reason> {
        Self::ALL.iter().copied().find(|reason| reason.as_str() == name)
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
