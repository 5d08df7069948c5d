//! A set of figures without its proofs, made of the bytes that came: what stays is copied and never encoded again, so that
//! fields that are not known here stay as well.

use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, encode_key, encode_varint, skip_field};

/// Decision, submission, attachments.
const PROOFS: &[u32] = &[7, 8, 9];
/// Of each value its breakdown, of each further decision its entries.
const WITHIN: &[(u32, &[u32])] = &[(6, &[4]), (13, &[3, 4])];

/// An encoded FigureSet without its proofs and breakdowns; none of what is no message.
pub fn without_proofs(set: &[u8]) -> Option<Vec<u8>> {
    without(set, PROOFS, WITHIN)
}

fn without(mut rest: &[u8], left_out: &[u32], within: &[(u32, &[u32])]) -> Option<Vec<u8>> {
    let mut kept = Vec::with_capacity(rest.len());
    while !rest.is_empty() {
        let field = rest;
        let (tag, wire) = decode_key(&mut rest).ok()?;
        let inner = within.iter().find(|(inside, _)| *inside == tag && wire == WireType::LengthDelimited);
        if let Some((_, left_out)) = inner {
            let length = usize::try_from(decode_varint(&mut rest).ok()?).ok()?;
            let (message, after) = rest.split_at_checked(length)?;
            let message = without(message, left_out, &[])?;
            encode_key(tag, wire, &mut kept);
            encode_varint(u64::try_from(message.len()).ok()?, &mut kept);
            kept.extend_from_slice(&message);
            rest = after;
        } else {
            skip_field(wire, tag, &mut rest, DecodeContext::default()).ok()?;
            if !left_out.contains(&tag) {
                kept.extend_from_slice(field.get(..field.len() - rest.len())?);
            }
        }
    }
    Some(kept)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use minsheng_proto::reporting::v1::{DivisionValue, MeasureValue};
    use minsheng_proto::tier::v1::{FigureSet, FurtherDecision, Proven};
    use prost::Message;

    use super::*;

    /// A field of a version to come: number 100, one byte.
    const UNKNOWN: [u8; 4] = [0xa2, 0x06, 0x01, b'x'];

    fn set(with_proofs: bool) -> FigureSet {
        let proven = || with_proofs.then(|| Proven { body: vec![7; 300], receipt: None });
        let place = DivisionValue { division: "430923100".into(), value: None };
        let breakdown = if with_proofs { vec![place] } else { Vec::new() };
        let value =
            MeasureValue { measure: "3.2-1".into(), breakdown, stage: "开工".into(), ..MeasureValue::default() };
        let further = FurtherDecision { sequence: 4, leaf_hash: vec![9; 32], decision: proven(), submission: proven() };
        FigureSet {
            id: "1".into(),
            values: vec![value.clone(), value],
            decision: proven(),
            submission: proven(),
            attachments: proven().into_iter().collect(),
            missing: vec!["430923101".into()],
            further: vec![further],
            ..FigureSet::default()
        }
    }

    #[test]
    fn proofs_and_breakdowns_are_left_out_and_all_else_stays() {
        let bare = without_proofs(&set(true).encode_to_vec()).unwrap();
        assert_eq!(FigureSet::decode(bare.as_slice()).unwrap(), set(false));
        assert_eq!(without_proofs(&bare).unwrap(), bare);
    }

    #[test]
    fn fields_that_are_not_known_stay_where_they_were() {
        let mut value = set(true).values.remove(0).encode_to_vec();
        value.extend(UNKNOWN);
        let mut came = FigureSet { values: Vec::new(), ..set(true) }.encode_to_vec();
        encode_key(6, WireType::LengthDelimited, &mut came);
        encode_varint(value.len() as u64, &mut came);
        came.extend([&value[..], &UNKNOWN].concat());
        let bare = without_proofs(&came).unwrap();
        assert_eq!(bare.windows(4).filter(|bytes| *bytes == UNKNOWN).count(), 2);
        let known = FigureSet { values: vec![set(false).values.remove(0)], ..set(false) };
        assert_eq!(FigureSet::decode(bare.as_slice()).unwrap(), known);
    }

    #[test]
    fn what_is_no_message_is_none() {
        let whole = set(true).encode_to_vec();
        assert_eq!(without_proofs(&whole[..whole.len() - 1]), None);
        assert_eq!(without_proofs(&[0x3f]), None);
    }
}
