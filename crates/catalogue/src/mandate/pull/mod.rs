//! What to ask a parent for next, and what its answer means. Pure: no I/O, no clock, no chance; who runs it asks, keeps
//! what is taken, and waits as long as it is told.

use std::collections::BTreeMap;
use std::time::Duration;

use minsheng_domain::division::DivisionCode;
use minsheng_kit::ledger::LedgerVerifier;
use minsheng_kit::witness::{FeedFault, follow_feed, verify_proven};
use minsheng_proto::ledger::v1::EntryBody;
use minsheng_proto::tier::v1::{ListMandateEntriesRequest, ListMandateEntriesResponse, MandatesGiven, Proven, Unread};
use prost::Message;

/// Entries asked for at once.
const PAGE: i32 = 100;
/// Pause after the first failure, doubled with each further one up to the pause between polls.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// Doubled no more often than this.
const DOUBLINGS: u32 = 16;

/// What is kept of a parent's ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// Its origin, minsheng/{division}/catalogue.
    pub origin: String,
    /// Its key, as it was first seen.
    pub verifier_key: String,
    /// Number of the last entry taken.
    pub last: Option<u64>,
}

/// An entry that is proven and in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Received {
    /// Its number.
    pub sequence: u64,
    /// Full name of its payload's message.
    pub kind: String,
    /// As it came.
    pub proven: Proven,
    /// What it gives; none for a kind that is not known.
    pub given: Option<MandatesGiven>,
    /// What of it is not understood.
    pub unread: Unread,
}

/// Entries to be kept together, after those that are kept already.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// The feed as it is before; without an entry when it is seen for the first time.
    pub feed: Feed,
    /// In order.
    pub entries: Vec<Received>,
    /// There are more to ask for at once.
    pub more: bool,
}

/// Why nothing is taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alarm {
    /// Name, stable.
    pub code: &'static str,
    /// Origin of the ledger, as far as it is known.
    pub origin: String,
    /// What was found, in Chinese.
    pub zh: String,
    /// What was found, in English.
    pub en: String,
}

/// What an answer means.
#[derive(Clone, Debug, PartialEq)]
pub enum Meaning {
    /// To be kept; once it is durable, `took` is to be told.
    Take(Batch),
    /// There is nothing new.
    Nothing,
    /// It answers another question than the next one: it is to be asked again.
    Again,
    /// Nothing is taken before the parent answers otherwise.
    Stop(Alarm),
}

/// The state of pulling.
#[derive(Clone, Debug)]
pub struct Pull {
    division: String,
    feeds: BTreeMap<String, Feed>,
    current: Option<String>,
    failures: u32,
    more: bool,
}

impl Pull {
    /// Goes on for a division from what is kept, the ledger heard last at the end.
    pub fn new(division: &str, kept: impl IntoIterator<Item = Feed>) -> Self {
        let mut pull =
            Self { division: division.to_owned(), feeds: BTreeMap::new(), current: None, failures: 0, more: false };
        for feed in kept {
            pull.current = Some(feed.origin.clone());
            pull.feeds.insert(feed.origin.clone(), feed);
        }
        pull
    }

    /// The next question.
    pub fn ask(&self) -> ListMandateEntriesRequest {
        ListMandateEntriesRequest { after: self.current().and_then(|feed| feed.last), page_size: PAGE }
    }

    /// What the answer to a question means.
    pub fn hear(&mut self, asked: &ListMandateEntriesRequest, answer: &ListMandateEntriesResponse) -> Meaning {
        self.failures = 0;
        self.more = false;
        if *asked != self.ask() {
            return Meaning::Again;
        }
        let verifier = match LedgerVerifier::new(&answer.verifier_key) {
            Ok(verifier) => verifier,
            Err(error) => return Meaning::Stop(unproven("", &error.to_string())),
        };
        let origin = verifier.origin();
        if !self.is_above(origin) {
            let zh = format!("所给的是{origin}的账，不是上级的任务");
            let en = format!("the ledger {origin} is no parent's");
            return Meaning::Stop(Alarm { code: "MANDATE_OTHER_LEDGER", origin: origin.to_owned(), zh, en });
        }
        let Some(feed) = self.feeds.get(origin).cloned() else {
            let feed = Feed { origin: origin.to_owned(), verifier_key: verifier.verifier_key().to_owned(), last: None };
            return self.first(asked, answer, feed, &verifier);
        };
        if feed.verifier_key != verifier.verifier_key() {
            let zh = format!("{origin}换了密钥：原为{}，现为{}", feed.verifier_key, verifier.verifier_key());
            let en = format!("{origin} shows the key {}, known is {}", verifier.verifier_key(), feed.verifier_key);
            return Meaning::Stop(Alarm { code: "LEDGER_KEY_CHANGED", origin: origin.to_owned(), zh, en });
        }
        if self.current().map(|current| &current.origin) != Some(&feed.origin) {
            self.current = Some(feed.origin);
            self.more = true;
            return Meaning::Again;
        }
        if answer.entries.is_empty() {
            return Meaning::Nothing;
        }
        self.judge(feed, answer, &verifier)
    }

    /// A batch is durable.
    pub fn took(&mut self, batch: &Batch) {
        let last = batch.entries.last().map(|entry| entry.sequence).or(batch.feed.last);
        self.current = Some(batch.feed.origin.clone());
        self.feeds.insert(batch.feed.origin.clone(), Feed { last, ..batch.feed.clone() });
        self.more = batch.more;
    }

    /// No answer came, or it could not be kept.
    pub fn failed(&mut self) {
        self.failures = self.failures.saturating_add(1);
        self.more = false;
    }

    /// There is no parent.
    pub fn alone(&mut self) {
        self.failures = 1;
        self.more = false;
    }

    /// How long to wait before the next question, when `poll` lies between two while all is well; `chance` is 0 to 999.
    pub fn pause(&self, poll: Duration, chance: u32) -> Duration {
        if self.more {
            return Duration::ZERO;
        }
        let pause = match self.failures {
            0 => poll,
            failures => poll.min(FIRST_PAUSE.saturating_mul(1 << (failures - 1).min(DOUBLINGS))),
        };
        pause / 2 + pause * chance.min(999) / 2_000
    }

    fn current(&self) -> Option<&Feed> {
        self.current.as_ref().and_then(|origin| self.feeds.get(origin))
    }

    /// Whether a ledger is the catalogue's of a division that this one lies in.
    fn is_above(&self, origin: &str) -> bool {
        let above = origin.strip_prefix("minsheng/").and_then(|rest| rest.strip_suffix("/catalogue"));
        let (above, own) = (above.and_then(|code| code.parse().ok()), self.division.parse::<DivisionCode>());
        matches!((above, own), (Some(above), Ok(own)) if own != above && own.is_within(above))
    }

    /// A ledger is seen for the first time: its key is kept. What was asked for may have been another one's.
    fn first(
        &self,
        asked: &ListMandateEntriesRequest,
        answer: &ListMandateEntriesResponse,
        feed: Feed,
        verifier: &LedgerVerifier,
    ) -> Meaning {
        if asked.after.is_none() && !answer.entries.is_empty() {
            return self.judge(feed, answer, verifier);
        }
        Meaning::Take(Batch { feed, entries: Vec::new(), more: asked.after.is_some() })
    }

    fn judge(&self, feed: Feed, answer: &ListMandateEntriesResponse, verifier: &LedgerVerifier) -> Meaning {
        let mut proven = Vec::with_capacity(answer.entries.len());
        for entry in &answer.entries {
            match verify_proven(entry, verifier) {
                Ok(entry) => proven.push(entry),
                Err(fault) => return Meaning::Stop(unproven(&feed.origin, &fault.to_string())),
            }
        }
        if proven.windows(2).any(|pair| pair[0].head.root != pair[1].head.root) {
            return Meaning::Stop(unproven(&feed.origin, "the entries are proven under different heads"));
        }
        let places = match follow_feed(&feed.origin, &self.division, feed.last, &proven) {
            Ok(places) => places,
            Err(fault) => return Meaning::Stop(misplaced(&feed.origin, &fault)),
        };
        let entries = answer.entries.iter().zip(proven).zip(places).map(|((bytes, entry), place)| Received {
            sequence: place.sequence,
            unread: unread(bytes, place.given.as_ref()),
            kind: entry.kind,
            proven: bytes.clone(),
            given: place.given,
        });
        Meaning::Take(Batch { feed, entries: entries.collect(), more: answer.more })
    }
}

/// What of an entry is not understood: its kind, or fields that are lost when it is written again.
fn unread(bytes: &Proven, given: Option<&MandatesGiven>) -> Unread {
    let Some(given) = given else { return Unread::Kind };
    let payload = EntryBody::decode(bytes.body.as_slice()).map_or(0, |body| body.payload.len());
    if given.encoded_len() == payload { Unread::Unspecified } else { Unread::Fields }
}

fn unproven(origin: &str, why: &str) -> Alarm {
    Alarm {
        code: "MANDATE_UNPROVEN",
        origin: origin.to_owned(),
        zh: format!("上级所给条目的证明不成立：{why}"),
        en: format!("the proof does not hold: {why}"),
    }
}

fn misplaced(origin: &str, fault: &FeedFault) -> Alarm {
    let (code, zh) = match fault {
        FeedFault::Withheld { sequence, missing } => {
            ("MANDATE_WITHHELD", format!("第{sequence}号条目之前的第{missing}号没有给到，可能被扣下"))
        }
        FeedFault::Repeated(sequence) => ("MANDATE_REPEATED", format!("第{sequence}号条目重复给出")),
        FeedFault::Reordered { sequence, after } => {
            ("MANDATE_REORDERED", format!("第{sequence}号条目排在第{after}号之后，次序颠倒"))
        }
        FeedFault::Denied { sequence, known } => {
            ("MANDATE_DENIED", format!("第{sequence}号条目不承认先前给过的第{known}号"))
        }
        FeedFault::OtherDivision { sequence, division } => {
            ("MANDATE_OTHER_DIVISION", format!("第{sequence}号条目是给{division}的，不是给本级的"))
        }
        FeedFault::Unreadable(sequence) => ("MANDATE_UNREADABLE", format!("第{sequence}号条目无法读取")),
        FeedFault::OtherLedger { sequence, origin } => {
            ("MANDATE_OTHER_LEDGER", format!("第{sequence}号条目属于另一本账{origin}"))
        }
    };
    Alarm { code, origin: origin.to_owned(), zh, en: fault.to_string() }
}

#[cfg(test)]
mod tests;
