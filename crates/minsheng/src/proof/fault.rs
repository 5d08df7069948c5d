//! The first thing that does not hold, in the words of the people who read it.

use minsheng_kit::ledger::{LedgerFault, NoteError};
use minsheng_kit::witness::{DescentFault, ProofFault, SumFault};

use crate::failure::Failure;

/// A fault of a ledger, a receipt or a head as a failed verification.
pub(crate) fn fault(fault: &LedgerFault) -> Failure {
    Failure::verification(ledger_fault(fault))
}

fn ledger_fault(fault: &LedgerFault) -> String {
    match fault {
        LedgerFault::Head(NoteError::Malformed) => "账头不是签名的检查点".to_owned(),
        LedgerFault::Head(NoteError::Unsigned(name)) => format!("账头没有{name}的有效签名"),
        LedgerFault::Head(NoteError::Origin { expected, found }) => format!("账头属于{found}，不属于{expected}"),
        LedgerFault::Head(NoteError::Key) => "公钥写法不对，应为 名称+编号+公钥".to_owned(),
        LedgerFault::Hash => "证明中有的哈希不是32字节".to_owned(),
        LedgerFault::Proof(sequence) => format!("证明不能从第{sequence}条推到已签名的根"),
        LedgerFault::Entry(sequence) => format!("第{sequence}条缺失、错位或读不出"),
        LedgerFault::Time(sequence) => format!("第{sequence}条的时间早于前一条"),
        LedgerFault::Leaf(sequence) => format!("第{sequence}条被改动：内容与登记时的哈希不符"),
        LedgerFault::Root(size) => format!("前{size}条合起来与已签名的账头不符"),
        LedgerFault::Short { head, found } => format!("账头有{head}条，账中只有{found}条：尾部被删，或恢复了旧备份"),
    }
}

/// A fault of an entry or of what a decision says of its submission.
pub(crate) fn proof_fault(fault: &ProofFault) -> String {
    match fault {
        ProofFault::Entry(fault) => ledger_fault(fault),
        ProofFault::NoReceipt => "条目没有回执".to_owned(),
        ProofFault::UnknownLedger(origin) => format!("缺少{origin}存证账的公钥"),
        ProofFault::NotADecision { sequence, .. } => format!("第{sequence}条不是审核或认定"),
        ProofFault::NotASubmission { sequence, .. } => format!("第{sequence}条不是报送"),
        ProofFault::OtherLedger { decision, submission } => format!("{decision}不能认定{submission}中的报送"),
        ProofFault::OtherSubmission(version) => format!("所认定的是另一份报送，不是{version}"),
        ProofFault::OtherValue(measure) => format!("{measure}的认定数既不是报送数，也没有写明调整"),
    }
}

/// A step between tiers that does not hold.
pub(crate) fn descent_fault(fault: &DescentFault) -> Failure {
    Failure::verification(match fault {
        DescentFault::Entry { origin, fault: error @ ProofFault::Entry(_), .. } => {
            format!("{origin}存证账：{}", proof_fault(error))
        }
        DescentFault::Entry { origin, sequence, fault } => {
            format!("{origin}存证账第{sequence}条：{}", proof_fault(fault))
        }
        DescentFault::OtherEntry { origin, sequence } => {
            format!("{origin}存证账第{sequence}条不是上一级所指的那一条：叶哈希不符")
        }
        DescentFault::OtherReport { origin, sequence, report } => {
            format!("{origin}存证账第{sequence}条说的不是{report}")
        }
        DescentFault::NotReceived { report } => format!("{report}与所收到的下级数据不符"),
        DescentFault::OtherValue { division, measure, origin, sequence } => {
            format!("{division}上报的{measure}与{origin}存证账第{sequence}条的数不符")
        }
        DescentFault::Sum { division, fault } => format!("{division}：{}", sum_fault(fault)),
    })
}

/// Parts that do not make their total.
pub(crate) fn sum_fault(fault: &SumFault) -> String {
    match fault {
        SumFault::Sum { measure, sum, total } => format!("{measure}各地合计{sum}，与总数{total}不符"),
        SumFault::Part { measure, division } => format!("{measure}分解中{division}的数与该地报数不符"),
    }
}
