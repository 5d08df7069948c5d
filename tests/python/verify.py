"""Checks receipts, proven entries, heads, cosignatures and saved chains of Minsheng's ledgers: written from
deploy/guide/ledger.md alone, with the standard library and one package for Ed25519.

  verify.py receipt  RECEIPT.json --key VKEY [--entry FILE]
  verify.py proven   PROVEN.json  --key VKEY
  verify.py extends  OFFERED.json --kept CHECKPOINT --key VKEY
  verify.py cosigned COSIGNED.json --key VKEY --witness VKEY
  verify.py folder   FOLDER [--key VKEY ...]

It prints one line and ends with 0 when all holds, with 1 and the first thing that does not, with 2 when asked wrongly.
"""

import argparse
import base64
import binascii
import hashlib
import json
import pathlib
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

LEDGER, WITNESS = 1, 4


class Refused(Exception):
    """The first thing that does not hold."""


def check(holds, words):
    if not holds:
        raise Refused(words)


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def decode64(text):
    """Strict: what does not encode to the same text again is not base64."""
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused("not base64") from error
    check(base64.b64encode(found).decode() == text, "not base64 in its one form")
    return found


def hash_of(text):
    found = decode64(text)
    check(len(found) == 32, "a hash is not 32 bytes long")
    return found


# Keys and notes


class Key:
    """A line name+id+key."""

    def __init__(self, line, kind):
        parts = line.strip().split("+", 2)
        check(len(parts) == 3, "not a key line")
        self.name, number, encoded = parts
        check(self.name and not any(letter.isspace() for letter in self.name), "not a name")
        key = decode64(encoded)
        check(len(key) == 33 and key[0] == kind, "not a key of this kind")
        self.id = sha256(self.name.encode(), b"\n", key)[:4]
        check(number == self.id.hex(), "the key line's id is not that of its key")
        self.key = Ed25519PublicKey.from_public_bytes(key[1:])

    def signed(self, message, signature):
        try:
            self.key.verify(signature, message)
        except InvalidSignature as error:
            raise Refused(f"the signature of {self.name} is not good") from error


def open_note(note):
    """Text, and signatures as (name, id, bytes)."""
    check(all(letter >= " " or letter == "\n" for letter in note), "a control character in the note")
    text, parted, rest = note.rpartition("\n\n")
    check(parted and rest.endswith("\n"), "not a signed note")
    signatures = []
    for line in rest[:-1].split("\n"):
        dash, _, after = line.partition(" ")
        name, _, encoded = after.partition(" ")
        check(dash == "—" and name and "+" not in name and encoded, "not a signature line")
        signature = decode64(encoded)
        check(len(signature) > 4, "a signature is too short")
        signatures.append((name, signature[:4], signature[4:]))
    check(len(signatures) <= 100, "too many signatures")
    return (text + "\n").encode(), signatures


def signature_of(key, signatures):
    for name, number, signature in signatures:
        if (name, number) == (key.name, key.id):
            return signature
    raise Refused(f"not signed by {key.name}")


def open_head(note, key):
    """Size and root of a checkpoint that its ledger signed."""
    text, signatures = open_note(note)
    key.signed(text, signature_of(key, signatures))
    lines = text.decode().split("\n")
    check(len(lines) >= 4 and all(lines[:-1]), "not a checkpoint")
    origin, number, root = lines[:3]
    check(origin == key.name, f"the checkpoint is about {origin}, not about {key.name}")
    check(number.isascii() and number.isdigit() and str(int(number)) == number, "not a size")
    size, root = int(number), hash_of(root)
    check(size < 1 << 63, "not a size")
    check(size > 0 or root == sha256(b""), "an empty ledger has another root")
    return size, root


def cosigned_at(note, witness):
    text, signatures = open_note(note)
    signature = signature_of(witness, signatures)
    check(len(signature) == 72, "not a cosignature")
    seconds = int.from_bytes(signature[:8], "big")
    check(seconds < 1 << 63, "not a time")
    witness.signed(f"cosignature/v1\ntime {seconds}\n".encode() + text, signature[8:])
    return seconds


# The tree


def leaf_of(entry):
    return sha256(b"\0", entry)


def node(left, right):
    return sha256(b"\1", left, right)


def even_again(fn, sn):
    while fn % 2 == 0 and fn != 0:
        fn, sn = fn >> 1, sn >> 1
    return fn, sn


def check_inclusion(sequence, size, leaf, proof, root):
    words = f"the proof does not lead from entry {sequence} to the root"
    check(sequence < size, words)
    fn, sn, found = sequence, size - 1, leaf
    for part in proof:
        check(sn > 0, words)
        if fn % 2 == 1 or fn == sn:
            found = node(part, found)
            fn, sn = even_again(fn, sn)
        else:
            found = node(found, part)
        fn, sn = fn >> 1, sn >> 1
    check(sn == 0 and found == root, words)


def check_consistency(first, first_root, second, second_root, proof):
    words = f"the proof does not lead from {first} entries to {second}"
    if first == 0 or first == second:
        check(not proof and (first == 0 or first_root == second_root), words)
        return
    check(first < second, words)
    if first & (first - 1) == 0:
        proof = [first_root, *proof]
    check(proof, words)
    fn, sn = first - 1, second - 1
    while fn % 2 == 1:
        fn, sn = fn >> 1, sn >> 1
    old = new = proof[0]
    for part in proof[1:]:
        check(sn > 0, words)
        if fn % 2 == 1 or fn == sn:
            old, new = node(part, old), node(part, new)
            fn, sn = even_again(fn, sn)
        else:
            new = node(new, part)
        fn, sn = fn >> 1, sn >> 1
    check(sn == 0 and old == first_root and new == second_root, words)


# Entries


def varint(data, at):
    value = shift = 0
    while True:
        check(at < len(data) and shift < 70, "the entry ends too soon")
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value & ((1 << 64) - 1), at


def fields(data):
    """Values of an encoded message by field number, in order."""
    found, at = {}, 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        else:
            check(key & 7 in (1, 2, 5), "not an encoded message")
            if key & 7 == 2:
                size, at = varint(data, at)
            else:
                size = 8 if key & 7 == 1 else 4
            check(at + size <= len(data), "the entry ends too soon")
            value, at = data[at : at + size], at + size
        found.setdefault(key >> 3, []).append(value)
    return found


def last(message, number, default):
    return message.get(number, [default])[-1]


def text_of(message, number):
    return last(message, number, b"").decode()


class Entry:
    """An entry that is proven."""

    def __init__(self, body, receipt, key):
        check_receipt(receipt, key)
        self.ledger = key.name
        self.leaf = leaf_of(body)
        check(self.leaf == hash_of(receipt["leafHash"]), "the entry's bytes are not those of its leaf hash")
        message = fields(body)
        self.sequence = last(message, 1, 0)
        check(self.sequence == number_of(receipt, "sequence"), "the entry carries another number")
        check(5 in message, "the entry has no time")
        self.kind = text_of(message, 2)
        self.payload = last(message, 6, b"")


def number_of(message, name):
    return int(message.get(name, "0"))


def check_receipt(receipt, key):
    size, root = open_head(receipt["checkpoint"], key)
    check(receipt.get("origin") == key.name, "the receipt is of another ledger than its checkpoint")
    proof = [hash_of(part) for part in receipt.get("inclusionProof", [])]
    check_inclusion(number_of(receipt, "sequence"), size, hash_of(receipt["leafHash"]), proof, root)
    return size


DECISIONS = ("minsheng.verification.v1.ReportPassed", "minsheng.verification.v1.ReportCertified")
SUBMISSION = "minsheng.reporting.v1.ReportSubmitted"


def check_decision(decision, entries):
    """A decision names its submission by leaf hash; how many pieces of evidence that one names."""
    decided = fields(decision.payload)
    version = fields(last(decided, 1, b""))
    tier = decision.ledger.rpartition("/")[0]
    submission = entries.get((f"{tier}/reporting", last(version, 3, 0)))
    if submission is None:
        return 0
    words = f"decision {decision.sequence} is about another submission"
    check(submission.kind == SUBMISSION and submission.leaf == last(version, 4, b""), words)
    submitted = fields(submission.payload)
    same = text_of(submitted, 1) == text_of(version, 1) and last(submitted, 2, 0) == last(version, 2, 0)
    check(same, words)
    content = fields(last(submitted, 4, b""))
    check_values(decided, content)
    evidence = [last(fields(file), 1, b"") for file in content.get(3, [])]
    check(all(len(file) == 32 for file in evidence), "a piece of evidence is not named by SHA-256")
    return len(evidence)


def measure(value):
    return text_of(fields(value), 1)


def check_values(decided, content):
    adjusted = {text_of(message, 1): message for message in map(fields, decided.get(3, []))}
    reported, values = content.get(1, []), decided.get(2, [])
    check(sorted(map(measure, reported)) == sorted(map(measure, values)), "the decision is about other measures")
    was = {measure(value): value for value in reported}
    for value in values:
        name = measure(value)
        before, now = last(fields(was[name]), 2, b""), last(fields(value), 2, b"")
        if name in adjusted:
            stands = (last(adjusted[name], 2, b""), last(adjusted[name], 3, b"")) == (before, now)
        else:
            stands = was[name] == value
        check(stands, f"the value decided for {name} is neither reported nor an adjustment")


# What is asked


def read_json(path):
    def once(pairs):
        check(len(dict(pairs)) == len(pairs), f"{path}: a key stands twice")
        return dict(pairs)

    return json.loads(pathlib.Path(path).read_text(encoding="utf-8"), object_pairs_hook=once)


def receipt(asked):
    key, found = Key(asked.key[0], LEDGER), read_json(asked.file)
    size = check_receipt(found, key)
    if asked.entry:
        Entry(pathlib.Path(asked.entry).read_bytes(), found, key)
    return f"entry {number_of(found, 'sequence')} is among the {size} of {key.name}"


def proven(asked):
    key, found = Key(asked.key[0], LEDGER), read_json(asked.file)
    entry = Entry(decode64(found["body"]), found["receipt"], key)
    return f"entry {entry.sequence} of {key.name} is a {entry.kind}"


def extends(asked):
    key, offered = Key(asked.key[0], LEDGER), read_json(asked.file)
    kept_size, kept_root = open_head(pathlib.Path(asked.kept).read_text(encoding="utf-8"), key)
    if offered.get("verifierKey"):
        check(offered["verifierKey"].strip() == asked.key[0].strip(), "it comes with another key")
    size, root = open_head(offered["checkpoint"], key)
    check(size >= kept_size, f"{size} entries are fewer than the {kept_size} that are kept")
    if size == kept_size:
        check(root == kept_root, f"forked: another root of {size} entries")
        return f"{key.name} still has {size} entries"
    check(number_of(offered, "fromSize") == kept_size, f"the proof must begin at {kept_size}")
    proof = [hash_of(part) for part in offered.get("consistencyProof", [])]
    check_consistency(kept_size, kept_root, size, root, proof)
    return f"{key.name} grew from {kept_size} to {size} entries"


def cosigned(asked):
    key, witness, note = Key(asked.key[0], LEDGER), Key(asked.witness, WITNESS), read_json(asked.file)["checkpoint"]
    size, _ = open_head(note, key)
    seconds = cosigned_at(note, witness)
    return f"{witness.name} saw {key.name} with {size} entries at {seconds}"


def folder(asked):
    place = pathlib.Path(asked.file)
    chain = read_json(place / "chain.json")
    keys = {name: Key(line, LEDGER) for name, line in chain["keys"].items()}
    for line in asked.key or []:
        key = Key(line, LEDGER)
        keys[key.name.rpartition("/")[2]] = key
    entries = {}
    for named in chain["entries"]:
        name = f"{named['ledger']}-{named['sequence']}"
        check(named["ledger"].isascii() and named["ledger"].islower() and named["ledger"].isalpha(), "not a ledger")
        check(named["ledger"] in keys, f"the key of {named['ledger']} is missing")
        key = keys[named["ledger"]]
        check(key.name.rpartition("/")[2] == named["ledger"], f"the key of {named['ledger']} is of {key.name}")
        entry = Entry((place / f"{name}.entry").read_bytes(), read_json(place / f"{name}.receipt.json"), key)
        check(entry.sequence == named["sequence"], f"{name} is entry {entry.sequence}")
        entries[(entry.ledger, entry.sequence)] = entry
    decisions = [entry for entry in entries.values() if entry.kind in DECISIONS]
    evidence = sum(check_decision(decision, entries) for decision in decisions)
    return f"{len(entries)} entries, {len(decisions)} decisions, {evidence} pieces of evidence"


def main():
    parser = argparse.ArgumentParser(description="Checks proofs of Minsheng's ledgers offline.")
    commands = parser.add_subparsers(dest="command", required=True)
    for run in (receipt, proven, extends, cosigned, folder):
        command = commands.add_parser(run.__name__)
        command.set_defaults(run=run)
        command.add_argument("file")
        command.add_argument("--key", action="append", required=run is not folder)
        if run is receipt:
            command.add_argument("--entry")
        if run is extends:
            command.add_argument("--kept", required=True)
        if run is cosigned:
            command.add_argument("--witness", required=True)
    asked = parser.parse_args()
    try:
        print("ok:", asked.run(asked))
    except (Refused, OSError, KeyError, TypeError, AttributeError, ValueError) as error:
        print(f"refused: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
