//! The contract as Rust: messages, clients and servers of every package, and the descriptor set they were made from.
//! Everything here is generated from the proto files at build time; the comments are theirs.
#![allow(missing_docs, unreachable_pub, clippy::all, rustdoc::all)]

use std::sync::LazyLock;

use prost_reflect::DescriptorPool;

/// The encoded `FileDescriptorSet` of all packages, comments included.
pub const DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/minsheng.bin"));

/// The descriptors of all packages, for reflection, JSON and the list of methods.
pub static DESCRIPTORS: LazyLock<DescriptorPool> =
    LazyLock::new(|| DescriptorPool::decode(DESCRIPTOR_SET).expect("the descriptor set was encoded by the build"));

pub mod catalogue {
    pub mod v1 {
        tonic::include_proto!("minsheng.catalogue.v1");
    }
}
pub mod common {
    pub mod v1 {
        tonic::include_proto!("minsheng.common.v1");
    }
}
pub mod identity {
    pub mod v1 {
        tonic::include_proto!("minsheng.identity.v1");
    }
}
pub mod ledger {
    pub mod v1 {
        tonic::include_proto!("minsheng.ledger.v1");
    }
}
pub mod ranking {
    pub mod v1 {
        tonic::include_proto!("minsheng.ranking.v1");
    }
}
pub mod reporting {
    pub mod v1 {
        tonic::include_proto!("minsheng.reporting.v1");
    }
}
pub mod tier {
    pub mod v1 {
        tonic::include_proto!("minsheng.tier.v1");
    }
}
pub mod verification {
    pub mod v1 {
        tonic::include_proto!("minsheng.verification.v1");
    }
}
