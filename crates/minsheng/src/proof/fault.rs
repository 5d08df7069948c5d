//! The first thing that does not hold, in the words of the people who read it.

use minsheng_kit::ledger::{LedgerFault, NoteError};

use crate::failure::Failure;

/// A fault of a ledger, a receipt or a head as a failed verification.
pub(crate) fn fault(fault: &LedgerFault) -> Failure {
    Failure::verification(match fault {
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
    })
}
