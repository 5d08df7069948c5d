//! Two tiers, each a process in a network namespace of its own, while what must not happen happens: the line between them
//! fails in every way that lines do, one is away until much has gathered, either is killed again and again. Whatever it
//! was, in the end every fast and certified figure is above exactly once, with the value that it has below, and the
//! ledgers of both verify. A test in which no fault hit an open exchange fails: it would have shown nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod backlog;
mod filer;
mod kill;
mod line;
mod net;
mod outbox;
mod pair;
mod reckon;

/// Whether this run may take long.
fn long() -> bool {
    std::env::var_os("MINSHENG_ROUNDS").is_some()
}
