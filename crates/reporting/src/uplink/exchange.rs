//! What to send next and what an answer means. Pure: no I/O, no clock, no randomness of its own, so that a simulation drives
//! it as the sender does. Sets go oldest first; one that must wait, or was refused, does not hold up the others.

use std::collections::BTreeMap;

use minsheng_kit::error::Reason;
use minsheng_proto::common::v1::{Receipt, RowFailure};
use minsheng_proto::tier::v1::FileSetsResponse;

/// Most sets of a call, as the contract has it.
const MOST: usize = 200;
const FIRST_DELAY: u64 = 1_000;
const LONGEST_DELAY: u64 = 10_000;

/// Refusals of a set that pass with time, or once people above have accepted this tier's ledger.
const PASSING: [Reason; 6] = [
    Reason::FiguresBehind,
    Reason::ServiceUnavailable,
    Reason::Internal,
    Reason::DeadlineExceeded,
    Reason::LedgerKeyChanged,
    Reason::EntryConflict,
];

/// The sending side. Moments are milliseconds of any clock that only goes forward.
#[derive(Debug)]
pub(crate) struct Exchange {
    most: usize,
    failures: u32,
    not_before: u64,
    /// Sets that the parent cannot take yet: how often it said so, and from when on they are tried again.
    waiting: BTreeMap<String, (u32, u64)>,
}

/// What to do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Send these.
    Send(Vec<String>),
    /// Nothing before this moment.
    Wait(u64),
    /// Nothing before something new comes.
    Rest,
}

/// What came of a call.
#[derive(Debug)]
pub(crate) enum Answer {
    /// The parent answered.
    Took(FileSetsResponse),
    /// No answer, or one that says nothing of the sets: the parent may have taken them or not.
    Failed,
    /// The call is too large, or cannot be read as a whole.
    Unfit(RowFailure),
}

/// What an answer changes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Change {
    /// The parent keeps it.
    Filed { key: String, receipt: Receipt },
    /// The parent refused it.
    Refused { key: String, failure: RowFailure },
}

impl Default for Exchange {
    fn default() -> Self {
        Self { most: MOST, failures: 0, not_before: 0, waiting: BTreeMap::new() }
    }
}

impl Exchange {
    /// How many of the oldest sets it must see to decide.
    pub(crate) fn window(&self) -> usize {
        self.most + self.waiting.len()
    }

    /// What to do, with the oldest sets that were not answered yet.
    pub(crate) fn next(&self, oldest: &[String], now: u64) -> Step {
        if oldest.is_empty() {
            return Step::Rest;
        }
        if now < self.not_before {
            return Step::Wait(self.not_before);
        }
        let until = |key: &String| self.waiting.get(key).map_or(0, |(_, until)| *until);
        let ready: Vec<String> = oldest.iter().filter(|key| until(key) <= now).take(self.most).cloned().collect();
        if ready.is_empty() {
            return oldest.iter().map(until).min().map_or(Step::Rest, Step::Wait);
        }
        Step::Send(ready)
    }

    /// Takes an answer to what was sent. `luck` is any number; it spreads the times at which many tiers come back.
    pub(crate) fn answered(&mut self, sent: &[String], answer: Answer, now: u64, luck: u64) -> Vec<Change> {
        match answer {
            Answer::Failed => {
                self.not_before = now + delay(self.failures, luck);
                self.failures = self.failures.saturating_add(1);
                self.fewer(sent);
                Vec::new()
            }
            Answer::Unfit(failure) => self.unfit(sent, failure),
            Answer::Took(answer) => self.took(sent, answer, now, luck),
        }
    }

    /// A call that is too large is tried with half of its sets, and one set that is too large alone is refused.
    fn unfit(&mut self, sent: &[String], failure: RowFailure) -> Vec<Change> {
        match sent {
            [key] => vec![Change::Refused { key: key.clone(), failure }],
            _ => {
                self.fewer(sent);
                Vec::new()
            }
        }
    }

    /// Half of what was sent: over a slow line a call may have been too much to be answered in time.
    fn fewer(&mut self, sent: &[String]) {
        self.most = (sent.len() / 2).max(1);
    }

    fn took(&mut self, sent: &[String], answer: FileSetsResponse, now: u64, luck: u64) -> Vec<Change> {
        self.failures = 0;
        self.not_before = 0;
        // By a quarter more: one step too far costs a call's whole patience.
        self.most = (self.most + self.most / 4 + 1).min(MOST);
        let mut changes = Vec::with_capacity(sent.len());
        let mut said = false;
        for filed in answer.filed {
            let Some((key, receipt)) = place(sent, &filed.id).cloned().zip(filed.receipt) else { continue };
            self.waiting.remove(&key);
            changes.push(Change::Filed { key, receipt });
        }
        for failure in answer.failures {
            let Some(key) = place(sent, &failure.id).cloned() else { continue };
            if Reason::parse(&failure.reason).is_some_and(|reason| PASSING.contains(&reason)) {
                said = true;
                let (times, until) = self.waiting.entry(key).or_default();
                *until = now + delay(*times, luck);
                *times = times.saturating_add(1);
            } else {
                self.waiting.remove(&key);
                changes.push(Change::Refused { key, failure });
            }
        }
        if changes.is_empty() && !said {
            // An answer that names nothing that was asked is as good as none.
            self.not_before = now + delay(0, luck);
        }
        changes
    }
}

/// The sub-request's id of a set is its place in the call.
fn place<'a>(sent: &'a [String], id: &str) -> Option<&'a String> {
    sent.get(id.parse::<usize>().ok()?)
}

/// Between half of the delay and all of it, doubled each time up to ten seconds.
fn delay(times: u32, luck: u64) -> u64 {
    let full = FIRST_DELAY.saturating_mul(1 << times.min(4)).min(LONGEST_DELAY);
    full / 2 + luck % (full / 2 + 1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use minsheng_proto::tier::v1::FiledSet;

    use super::*;

    fn keys(count: usize) -> Vec<String> {
        (0..count).map(|key| format!("{key:020}|x")).collect()
    }

    fn filed(id: usize) -> FiledSet {
        FiledSet { id: id.to_string(), receipt: Some(Receipt { sequence: id as u64, ..Receipt::default() }) }
    }

    fn failure(id: usize, reason: Reason) -> RowFailure {
        RowFailure { id: id.to_string(), reason: reason.as_str().to_owned(), ..RowFailure::default() }
    }

    #[test]
    fn the_oldest_go_first_and_a_call_has_its_bounds() {
        let exchange = Exchange::default();
        assert_eq!(exchange.next(&[], 0), Step::Rest);
        let all = keys(300);
        assert_eq!(exchange.next(&all, 0), Step::Send(all[..200].to_vec()));
    }

    #[test]
    fn a_parent_that_is_not_reached_is_tried_for_ever_with_longer_pauses() {
        let mut exchange = Exchange::default();
        let all = keys(2);
        let mut now = 0;
        let mut pauses = Vec::new();
        for _ in 0..20 {
            assert!(matches!(exchange.next(&all, now), Step::Send(_)));
            assert!(exchange.answered(&all, Answer::Failed, now, u64::MAX).is_empty());
            let Step::Wait(until) = exchange.next(&all, now) else { panic!("it waits") };
            pauses.push(until - now);
            now = until;
        }
        assert!(pauses.windows(2).all(|pair| pair[0] / 2 <= pair[1]), "{pauses:?}");
        assert!(pauses[0] <= 1_000 && pauses[19] >= 5_000 && pauses.iter().all(|pause| *pause <= 10_000), "{pauses:?}");
        exchange.answered(&all, Answer::Took(FileSetsResponse { filed: vec![filed(0)], failures: vec![] }), now, 0);
        assert_eq!(exchange.next(&all[1..], now), Step::Send(all[1..].to_vec()), "it is there again: no more pause");
    }

    /// A line that carries so many sets in the time that a call has, and no more.
    #[test]
    fn a_slow_line_is_found_out_and_so_is_a_quick_one() {
        let mut exchange = Exchange::default();
        let mut left = keys(1_000);
        let (mut now, mut calls) = (0, 0);
        let mut carry = |at_once: usize, sets: usize, left: &mut Vec<String>| {
            let end = left.len() - sets;
            let mut late = 0;
            while left.len() > end {
                match exchange.next(left, now) {
                    Step::Wait(until) => now = until,
                    Step::Rest => panic!("there is more"),
                    Step::Send(sent) if sent.len() > at_once => {
                        late += 1;
                        exchange.answered(&sent, Answer::Failed, now, 0);
                    }
                    Step::Send(sent) => {
                        calls += 1;
                        let filed = (0..sent.len()).map(filed).collect();
                        exchange.answered(&sent, Answer::Took(FileSetsResponse { filed, failures: vec![] }), now, 0);
                        left.drain(..sent.len());
                    }
                }
            }
            late
        };
        let late = carry(30, 300, &mut left);
        assert!((4..10).contains(&late), "{late} calls were too large");
        carry(usize::MAX, 650, &mut left);
        assert!(calls < 40, "{calls} calls");
    }

    #[test]
    fn a_refused_set_and_one_that_must_wait_do_not_hold_up_the_others() {
        let mut exchange = Exchange::default();
        let all = keys(3);
        let answer = FileSetsResponse {
            filed: vec![filed(2)],
            failures: vec![failure(0, Reason::SetIncomplete), failure(1, Reason::FiguresBehind)],
        };
        let changes = exchange.answered(&all, Answer::Took(answer), 0, 0);
        assert!(matches!(&changes[0], Change::Filed { key, .. } if *key == all[2]));
        assert!(matches!(&changes[1], Change::Refused { key, .. } if *key == all[0]));
        assert_eq!(changes.len(), 2);
        let Step::Wait(until) = exchange.next(&all[1..2], 0) else { panic!("it waits") };
        let newer = vec![all[1].clone(), "00000000000000000009|x".to_owned()];
        assert_eq!(exchange.next(&newer, 0), Step::Send(newer[1..].to_vec()));
        assert_eq!(exchange.next(&newer, until), Step::Send(newer));
    }

    #[test]
    fn a_call_that_is_too_large_is_halved_until_one_set_is_at_fault() {
        let mut exchange = Exchange::default();
        let all = keys(3);
        let mut sent = all.clone();
        let refused = loop {
            let changes = exchange.answered(&sent, Answer::Unfit(failure(0, Reason::TooLarge)), 0, 0);
            if !changes.is_empty() {
                break changes;
            }
            let Step::Send(fewer) = exchange.next(&all, 0) else { panic!("it sends") };
            assert!(fewer.len() < sent.len());
            sent = fewer;
        };
        assert!(matches!(&refused[..], [Change::Refused { key, .. }] if *key == all[0]));
    }

    #[test]
    fn what_was_not_asked_changes_nothing() {
        let mut exchange = Exchange::default();
        let sent = keys(1);
        let odd = FileSetsResponse {
            filed: vec![filed(7), FiledSet { id: "0".to_owned(), receipt: None }],
            failures: vec![RowFailure { id: "x".to_owned(), ..RowFailure::default() }],
        };
        assert!(exchange.answered(&sent, Answer::Took(odd), 0, 0).is_empty());
        assert!(matches!(exchange.next(&sent, 0), Step::Wait(_)));
    }

    /// A parent as far as the exchange knows it: it keeps each set once, whatever comes and however often.
    #[derive(Default)]
    struct Above {
        kept: BTreeMap<String, u64>,
        refusals: u64,
    }

    impl Above {
        fn take(&mut self, sent: &[String], behind: bool) -> FileSetsResponse {
            let mut answer = FileSetsResponse::default();
            for (place, key) in sent.iter().enumerate() {
                if key.ends_with("7|x") {
                    answer.failures.push(failure(place, Reason::SetIncomplete));
                } else if behind && key.ends_with("3|x") {
                    self.refusals += 1;
                    answer.failures.push(failure(place, Reason::FiguresBehind));
                } else {
                    let next = self.kept.len() as u64;
                    let sequence = *self.kept.entry(key.clone()).or_insert(next);
                    let receipt = Some(Receipt { sequence, ..Receipt::default() });
                    answer.filed.push(FiledSet { id: place.to_string(), receipt });
                }
            }
            answer
        }
    }

    proptest::proptest! {
        /// Calls and answers are lost, sets come while others are on the way, either side restarts: in the end each set is
        /// above once, with one number, and those that were refused are known.
        #[test]
        fn every_set_is_above_once_in_the_end(
            faults in proptest::collection::vec((0_u8..6, proptest::num::u64::ANY), 1..80),
            count in 1_usize..500,
        ) {
            let mut exchange = Exchange::default();
            let mut above = Above::default();
            let mut outbox: BTreeMap<String, Option<Change>> = BTreeMap::new();
            let (mut now, mut steps) = (0, faults.into_iter());
            let mut born = 0;
            loop {
                let fault = steps.next();
                if born < count {
                    let more = fault.map_or(count - born, |(_, luck)| 1 + luck as usize % 60).min(count - born);
                    outbox.extend(keys(born + more).into_iter().skip(born).map(|key| (key, None)));
                    born += more;
                }
                let open: Vec<String> = outbox.iter().filter(|(_, done)| done.is_none()).map(|(key, _)| key.clone()).collect();
                let oldest: Vec<String> = open.into_iter().take(exchange.window()).collect();
                let sent = match exchange.next(&oldest, now) {
                    Step::Rest if fault.is_none() => break,
                    Step::Rest => continue,
                    Step::Wait(until) => {
                        proptest::prop_assert!(until > now);
                        now = until;
                        continue;
                    }
                    Step::Send(sent) => sent,
                };
                proptest::prop_assert!(!sent.is_empty() && sent.len() <= MOST);
                let (kind, luck) = fault.unwrap_or((5, 0));
                let answer = match kind {
                    0 => Answer::Failed,
                    1 => {
                        above.take(&sent, false);
                        Answer::Failed
                    }
                    2 => {
                        above.take(&sent, false);
                        exchange = Exchange::default();
                        continue;
                    }
                    3 => Answer::Took(above.take(&sent, true)),
                    4 if sent.len() > 1 => Answer::Unfit(failure(0, Reason::TooLarge)),
                    _ => Answer::Took(above.take(&sent, false)),
                };
                for change in exchange.answered(&sent, answer, now, luck) {
                    let (Change::Filed { key, .. } | Change::Refused { key, .. }) = &change;
                    outbox.insert(key.clone(), Some(change));
                }
            }
            for (key, done) in &outbox {
                match done {
                    Some(Change::Filed { receipt, .. }) => proptest::prop_assert_eq!(above.kept.get(key), Some(&receipt.sequence)),
                    Some(Change::Refused { .. }) => proptest::prop_assert!(key.ends_with("7|x") && !above.kept.contains_key(key)),
                    None => proptest::prop_assert!(false, "{} is nowhere", key),
                }
            }
        }
    }
}
