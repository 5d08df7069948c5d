//! The tables, one entity a file.

pub mod account;
pub mod alarm;
pub mod bundle_received;
pub mod bundle_request;
pub mod bundle_side;
pub mod certificate;
pub mod cosigned_head;
pub mod enrolment_code;
pub mod kept_head;
pub mod parent;
pub mod session;
pub mod tier;
