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
import decimal
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
        _, self.head = check_receipt(receipt, key)
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
    return size, (size, root)


DECISIONS = ("minsheng.verification.v1.ReportPassed", "minsheng.verification.v1.ReportCertified")
SUBMISSION = "minsheng.reporting.v1.ReportSubmitted"


def submission_of(decision, entries):
    """The submission that a decision is about, as far as it is there; None for what decides nothing."""
    if decision is None or decision.kind not in DECISIONS:
        return None
    version = fields(last(fields(decision.payload), 1, b""))
    tier = decision.ledger.rpartition("/")[0]
    return entries.get((f"{tier}/reporting", last(version, 3, 0)))


def check_decision(decision, entries):
    """A decision names its submission by leaf hash; the pieces of evidence that one names."""
    decided = fields(decision.payload)
    version = fields(last(decided, 1, b""))
    submission = submission_of(decision, entries)
    if submission is None:
        return []
    words = f"decision {decision.sequence} of {decision.ledger} is about another submission"
    check(submission.kind == SUBMISSION and submission.leaf == last(version, 4, b""), words)
    submitted = fields(submission.payload)
    same = text_of(submitted, 1) == text_of(version, 1) and last(submitted, 2, 0) == last(version, 2, 0)
    check(same, words)
    content = fields(last(submitted, 4, b""))
    check_values(decided, decided.get(3, []) if decision.kind == DECISIONS[1] else [], content)
    evidence = [last(fields(file), 1, b"") for file in content.get(3, [])]
    check(all(len(file) == 32 for file in evidence), "a piece of evidence is not named by SHA-256")
    return evidence


def measure(value):
    return text_of(fields(value), 1)


def check_values(decided, adjustments, content):
    adjusted = {text_of(message, 1): message for message in map(fields, adjustments)}
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


# Lower tiers

RECEIVED = "minsheng.tier.v1.FigureSetReceived"
FAST, CERTIFIED = 1, 2
PROOFS = (7, 8, 9)
FURTHER_PROOFS = (3, 4)


def split_report(name):
    """Division, year, code and lower tier of the indicator, and month of a report's name."""
    parts = name.split("/")
    check(len(parts) == 6 and parts[::2] == ["programmes", "indicators", "reports"], f"{name} is no report")
    division, _, year = parts[1].partition("-")
    code, _, tier = parts[3].partition("@")
    return division, year, code, tier, parts[5]


def is_within(below, above):
    """Codes of six digits end in pairs of 0 above the county; longer ones begin with that of the division above."""
    prefix = above
    while len(above) == 6 and prefix.endswith("00"):
        prefix = prefix[:-2]
    return below != above and below.startswith(prefix)


def code_at(measure_code, division):
    code, dash, number = measure_code.partition("-")
    return f"{code}@{division}{dash}{number}"


def code_above(measure_code):
    code, dash, number = measure_code.partition("-")
    return code.partition("@")[0] + dash + number


def state(value):
    """A value as (field, content) to be compared; None for what is silent."""
    found = fields(value)
    if not found or 4 in found:
        return None
    kind, content = next(iter(found.items()))
    if kind == 1:
        quantity = fields(content[-1])
        return 1, decimal.Decimal(text_of(quantity, 1)), text_of(quantity, 2)
    return kind, content[-1]


def number(said):
    return said[1] if said and said[0] == 1 else None


def by_measure(values):
    return {measure(value): fields(value) for value in values}


def said(values, code):
    return state(last(values[code], 2, b"")) if code in values else None


def breakdown(value):
    return [(text_of(place, 1), state(last(place, 2, b""))) for place in map(fields, value.get(4, []))]


def check_total(words, total, parts):
    numbers = [number(part) for part in parts if number(part) is not None]
    check((sum(numbers) if numbers else None) == number(total), words)


def proven_in(message, keys):
    """An entry that travelled in an entry."""
    message = fields(message)
    receipt = fields(last(message, 2, b""))
    origin = text_of(receipt, 1)
    check(origin in keys, f"the key of {origin} is missing")
    written = {
        "origin": origin,
        "sequence": str(last(receipt, 2, 0)),
        "leafHash": base64.b64encode(last(receipt, 3, b"")).decode(),
        "inclusionProof": [base64.b64encode(part).decode() for part in receipt.get(4, [])],
        "checkpoint": text_of(receipt, 5),
    }
    return first_of(keys[origin], origin, last(receipt, 2, 0), lambda key: Entry(last(message, 1, b""), written, key))


def first_of(keys, origin, sequence, prove):
    """What a ledger that was begun anew has proven by any of its keys, the newest first."""
    fault = None
    for key in reversed(keys):
        try:
            return prove(key)
        except Refused as refused:
            fault = fault or refused
    raise Refused(f"entry {sequence} of {origin}: {fault}") from fault


class Lower:
    """Goes down from a lower tier's report above, and counts what it meets."""

    def __init__(self, entries):
        self.entries, self.evidence, self.left_out, self.seen = entries, set(), 0, set()

    def named(self, origin, sequence, leaf):
        entry = self.entries.get((origin, sequence))
        if entry is None:
            self.left_out += 1
            return None
        check(entry.leaf == leaf, f"entry {sequence} of {origin} is another one than was named")
        self.seen.add((origin, sequence))
        return entry

    def decided(self, entry):
        """Values that an entry decides on and the submission, as far as both are there."""
        submission = submission_of(entry, self.entries)
        if submission is None or submission.kind != SUBMISSION:
            return None, None
        self.seen.add((submission.ledger, submission.sequence))
        self.evidence.update(check_decision(entry, self.entries))
        return by_measure(fields(entry.payload).get(2, [])), fields(submission.payload)

    def down(self, submitted):
        name = text_of(submitted, 1)
        unlike = f"{name} is not what the lower tier filed"
        received = fields(last(submitted, 16, b""))
        division, year, code, tier, month = split_report(name)
        figure = fields(last(received, 6, b""))
        meant = (f"programmes/{division}-{year}/indicators/{code}", month)
        check((text_of(figure, 2), text_of(figure, 3)) == meant, unlike)
        origin, mark = f"minsheng/{tier}/verification", last(figure, 5, 0)
        check(is_within(tier, division) and text_of(received, 2) == origin, unlike)
        filed = by_measure(figure.get(6, []))
        for reported in map(fields, fields(last(submitted, 4, b"")).get(1, [])):
            value = state(last(reported, 2, b""))
            check(value is None or said(filed, code_above(text_of(reported, 1))) == value, unlike)
        composed = last(received, 5, 0) != 0
        named = [(last(received, 3, 0), last(received, 4, b""))]
        named += [(last(it, 1, 0), last(it, 2, b"")) for it in map(fields, figure.get(13, []))]
        entries = [self.named(origin, *it) for it in named]
        decided = [(None, None) if composed else self.decided(entry) for entry in entries]
        answers = [(text_of(answer, 1), text_of(answer, 2)) for answer in map(fields, figure.get(11, []))]
        words = f"entry {named[0][0]} of {origin} is about another figure than {meant[0]}"
        for _, submission in decided:
            own = split_report(text_of(submission, 1)) if submission is not None else (tier, "", "", "", month)
            check((own[0], own[4]) == (tier, month), words)
        reported = None
        if all(submission is not None for _, submission in decided):
            weakest = min(DECISIONS.index(entry.kind) for entry in entries) + 1
            check(weakest == mark, words)
            values = {code: value for values, _ in decided for code, value in values.items()}
            for code, value in filed.items():
                value = state(last(value, 2, b""))
                same = value is None or said(values, dict(answers).get(code)) == value
                check(same, f"the value of {code} of {tier} is not the one in entry {named[0][0]} of {origin}")
            contents = [fields(last(submission, 4, b"")).get(1, []) for _, submission in decided]
            reported = by_measure([value for content in contents for value in content])
        parts = [self.part(fields(part), tier, month) for part in figure.get(12, [])]
        self.sums(tier, filed, answers, parts, composed, reported)

    def part(self, part, tier, month):
        division, origin = text_of(part, 1), f"minsheng/{tier}/verification"
        entry = self.named(origin, last(part, 2, 0), last(part, 3, b""))
        values, submitted = self.decided(entry)
        if values is not None:
            own = split_report(text_of(submitted, 1))
            words = f"entry {entry.sequence} of {origin} is about another figure than {division}"
            check((own[0], own[3], own[4]) == (tier, division, month), words)
            self.down(submitted)
        return division, values

    def sums(self, tier, filed, answers, parts, composed, reported):
        for code, value in filed.items() if composed else []:
            answered = state(last(value, 2, b"")) is None or code in dict(answers)
            check(answered, f"the value of {code} of {tier} is not said to be a sum of anything")
        if any(values is None for _, values in parts):
            return
        for above, own in answers:
            shares = [(division, said(values, code_at(own, division))) for division, values in parts]
            if composed:
                check_total(f"{tier}: the parts of {above} do not add up", said(filed, above), [it for _, it in shares])
            elif reported is not None:
                value = reported.get(own, {})
                places = breakdown(value)
                check_breakdown(tier, own, value)
                for division, share in shares if places else []:
                    words = f"{tier}: the breakdown of {own} shows another figure for {division}"
                    check(share is None or dict(places).get(division) == share, words)


def check_breakdown(tier, code, value):
    places, total = breakdown(value), state(last(value, 2, b""))
    if places and number(total) is not None:
        check_total(f"{tier}: the parts of {code} do not add up", total, [it for _, it in places])


def bare(figure):
    """A set without its proofs, and its values without breakdowns."""

    def without(messages, *left_out):
        kept = [fields(message).items() for message in messages]
        return [{number: found for number, found in message if number not in left_out} for message in kept]

    rest = {number: found for number, found in figure.items() if number not in (6, 13, *PROOFS)}
    return without(figure.get(6, []), 4), without(figure.get(13, []), *FURTHER_PROOFS), rest


def go_down(submission, entries, keys):
    """From the submission of a lower tier's report, over the entry that holds the set, as far down as entries came."""
    submitted = fields(submission.payload)
    received = fields(last(submitted, 16, b""))
    tier = submission.ledger.rpartition("/")[0]
    holder = entries.get((f"{tier}/reporting", last(received, 1, 0)))
    unlike = f"{text_of(submitted, 1)} is not what the lower tier filed"
    check(holder is not None and holder.kind == RECEIVED, unlike)
    held = fields(holder.payload)
    figure = fields(last(held, 3, b""))
    check(text_of(held, 2) == text_of(submitted, 1), unlike)
    check(bare(figure) == bare(fields(last(received, 6, b""))), unlike)
    proofs = [message for number in PROOFS for message in figure.get(number, [])]
    further = map(fields, figure.get(13, []))
    proofs += [message for it in further for number in FURTHER_PROOFS for message in it.get(number, [])]
    found = [proven_in(message, keys) for message in proofs]
    lower = Lower({(entry.ledger, entry.sequence): entry for entry in found})
    lower.down(submitted)
    return lower, found


# What is asked


def read_json(path):
    def once(pairs):
        check(len(dict(pairs)) == len(pairs), f"{path}: a key stands twice")
        return dict(pairs)

    return json.loads(pathlib.Path(path).read_text(encoding="utf-8"), object_pairs_hook=once)


def receipt(asked):
    key, found = Key(asked.key[0], LEDGER), read_json(asked.file)
    size, _ = check_receipt(found, key)
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
    own, given = ([Key(line, LEDGER) for line in lines] for lines in (chain["keys"], asked.key or []))
    replaced = {key.name for key in given}
    keys = {}
    for key in [key for key in own if key.name not in replaced] + given:
        keys.setdefault(key.name, []).append(key)
    entries = {}
    for named in chain["entries"]:
        entry = kept_entry(place, named["origin"], named["sequence"], keys)
        entries[(entry.ledger, entry.sequence)] = entry
    check(len({ledger.rpartition("/")[0] for ledger, _ in entries}) <= 1, "entries of several tiers")
    decisions = [entry for entry in entries.values() if entry.kind in DECISIONS]
    evidence = {file for decision in decisions for file in check_decision(decision, entries)}
    heads = [(entry.ledger, *entry.head) for entry in entries.values()]
    below, left_out = set(), 0
    for entry in [entry for entry in entries.values() if entry.kind == SUBMISSION]:
        submitted = fields(entry.payload)
        if 16 in submitted:
            lower, found = go_down(entry, entries, keys)
            evidence, below, left_out = evidence | lower.evidence, below | lower.seen, left_out + lower.left_out
            heads += [(entry.ledger, *entry.head) for entry in found]
        else:
            for value in map(fields, fields(last(submitted, 4, b"")).get(1, [])):
                check_breakdown(entry.ledger.split("/")[1], text_of(value, 1), value)
    for head in chain["heads"]:
        check_witnessed(head, keys, heads)
    told = f"{len(entries)} entries, {len(decisions)} decisions, {len(evidence)} pieces of evidence"
    lower = f", {len(below)} entries of lower tiers" if below else ""
    return told + lower + (f", {left_out} left out" if left_out else "")


def kept_entry(place, origin, sequence, keys):
    parts = origin.split("/")
    plain = len(parts) == 3 and parts[0] == "minsheng" and all(part.isascii() and part.isalnum() for part in parts)
    check(plain, f"{origin} is no ledger")
    check(origin in keys, f"the key of {origin} is missing")
    name = f"{parts[1]}-{parts[2]}-{int(sequence)}"
    body, receipt = (place / f"{name}.entry").read_bytes(), read_json(place / f"{name}.receipt.json")
    entry = first_of(keys[origin], origin, sequence, lambda key: Entry(body, receipt, key))
    check(entry.sequence == sequence, f"{name} is entry {entry.sequence}")
    return entry


def check_witnessed(head, keys, heads):
    origin = head["checkpoint"].partition("\n")[0]
    check(origin in keys, f"the key of {origin} is missing")
    opened = first_of(keys[origin], origin, "of the witnessed head", lambda key: open_head(head["checkpoint"], key))
    cosigned_at(head["checkpoint"], Key(head["witness"], WITNESS))
    same = all(root == opened[1] for ledger, size, root in heads if (ledger, size) == (origin, opened[0]))
    check(same, f"forked: a witness saw another root of {opened[0]} entries of {origin}")


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
