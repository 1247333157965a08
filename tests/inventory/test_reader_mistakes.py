"""Each mistake in readers.yaml, and the one line that says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.inventory.loader import load
from tests.inventory.sample import READERS, changed, message

USB_KEYS = "vendor, product, release, manufacturer, product_name, serial_number"
READER_KEYS = (
    "id, name, pcsc_name, usb, slots, features, descriptor, descriptors, descriptor_source, card, cards, simulation, "
    "contradictory, notes"
)
ON_PURPOSE = 'if the reader is meant to contradict itself, say "contradictory: true"'


def test_the_sound_inventory_loads(folder: Path) -> None:
    """Without this, every test below could pass for another mistake than its own."""
    inventory = load(folder)
    assert [reader.id for reader in inventory.readers] == ["pad"]
    assert [card.id for card in inventory.cards] == ["test-card"]


READER_MISTAKES = {
    "unknown key": (
        "      vendor: 0x08E6",
        "      vendr: 0x08E6",
        f'6:7: unknown key "vendr" in usb; expected one of {USB_KEYS}; did you mean "vendor"?',
    ),
    "unknown key that resembles none": (
        "    slots: 1",
        "    slots: 1\n    weight: 3",
        f'12:5: unknown key "weight" in reader; expected one of {READER_KEYS}',
    ),
    "merge key": (
        "    slots: 1",
        "    <<: {slots: 1}",
        f'11:5: unknown key "<<" in reader; expected one of {READER_KEYS}',
    ),
    "unknown key of the file": (
        "readers:\n",
        "reader:\n",
        '1:1: unknown key "reader" in the file; expected one of readers; did you mean "readers"?',
    ),
    "a key that is no text": (
        "    slots: 1",
        "    slots: 1\n    [1, 2]: 3",
        "12:5: bad key in reader: a list; expected text",
    ),
    "missing key": (
        "      product: 0x34C0\n",
        "",
        '6:7: missing key "product" in usb; expected a number from 0x0000 to 0xFFFF',
    ),
    "missing mapping": (
        "    slots: 1\n",
        "",
        '2:5: missing key "slots" in reader; expected a number from 1 to 256',
    ),
    "duplicate key": (
        "    slots: 1",
        "    slots: 1\n    slots: 2",
        '12:5: duplicate key "slots" in reader; first given on line 11',
    ),
    "number for text": (
        "name: A pad\n",
        "name: 42\n",
        '3:11: wrong type for name in reader: a number "42"; expected text; put it in quotes',
    ),
    "date for text": (
        "name: A pad\n",
        "name: 2024-01-01\n",
        '3:11: wrong type for name in reader: a date "2024-01-01"; expected text; put it in quotes',
    ),
    "nothing for text": (
        "name: A pad\n",
        "name:\n",
        "3:10: wrong type for name in reader: nothing; expected text",
    ),
    "empty text": (
        "name: A pad\n",
        'name: ""\n',
        "3:11: name in reader has 0 characters; expected 1 to 200",
    ),
    "control character in text": (
        "name: A pad\n",
        'name: "a\\nb"\n',
        r'3:11: name in reader holds a character that cannot be printed: "a\nb"; expected text',
    ),
    "text for number": (
        "slots: 1\n",
        "slots: one\n",
        '11:12: wrong type for slots in reader: text "one"; expected a number from 1 to 256',
    ),
    "quoted number": (
        "slots: 1\n",
        'slots: "1"\n',
        '11:12: wrong type for slots in reader: text "1"; expected a number from 1 to 256',
    ),
    "fraction for number": (
        "slots: 1\n",
        "slots: 1.5\n",
        '11:12: wrong type for slots in reader: a fraction "1.5"; expected a number from 1 to 256',
    ),
    "hex without its prefix": (
        "vendor: 0x08E6",
        "vendor: 08E6",
        '6:15: wrong type for vendor in usb: text "08E6"; expected a number from 0x0000 to 0xFFFF',
    ),
    "bad hex number": (
        "vendor: 0x08E6",
        "vendor: 0x08G6",
        '6:15: bad hex "0x08G6" for vendor in usb; expected a number from 0x0000 to 0xFFFF',
    ),
    "octal number": (
        "vendor: 0x08E6",
        "vendor: 0123",
        '6:15: bad number "0123" for vendor in usb; expected a number from 0x0000 to 0xFFFF, in decimal or as 0x…',
    ),
    "number too large": (
        "vendor: 0x08E6",
        "vendor: 0x108E6",
        '6:15: vendor in usb is out of range: "0x108E6"; expected a number from 0x0000 to 0xFFFF',
    ),
    "number too small": (
        "slots: 1\n",
        "slots: 0\n",
        '11:12: slots in reader is out of range: "0"; expected a number from 1 to 256',
    ),
    "negative number": (
        "slots: 1\n",
        "slots: -1\n",
        '11:12: slots in reader is out of range: "-1"; expected a number from 1 to 256',
    ),
    "endless number": (
        "slots: 1\n",
        f"slots: {'9' * 5000}\n",
        f'11:12: slots in reader is out of range: "{"9" * 60}…"; expected a number from 1 to 256',
    ),
    "word for flag": (
        "verify_pin_direct: true",
        "verify_pin_direct: yes",
        '13:26: wrong type for verify_pin_direct in features: a truth value "yes"; expected true or false',
    ),
    "unknown word": (
        "short-apdu",
        "shrt-apdu",
        '15:23: unknown exchange_level in features: "shrt-apdu"; '
        'expected one of character, tpdu, short-apdu, extended-apdu; did you mean "short-apdu"?',
    ),
    "unknown port": (
        "{port: usb}",
        "{port: parallel}",
        '18:24: unknown port in simulation: "parallel"; expected one of usb, serial',
    ),
    "list for mapping": (
        "{port: usb}",
        "[usb]",
        "18:17: wrong type for simulation in reader: a list; expected a mapping with the keys port",
    ),
    "text for mapping": (
        "{lines: 2, columns: 17}",
        "2x17",
        '16:16: wrong type for display in features: text "2x17"; expected a mapping with the keys lines, columns',
    ),
    "bad id": (
        "id: pad",
        "id: Pad One",
        '2:9: bad id in reader: "Pad One"; expected lower-case letters, digits, "-", "." and "_"',
    ),
    "unknown card": (
        "card: test-card",
        "card: tset-card",
        '17:11: unknown card "tset-card"; expected one of test-card; did you mean "test-card"?',
    ),
    "explicit tag": (
        "name: A pad\n",
        "name: !!python/object:os.system x\n",
        '3:11: wrong type for name in reader: a value with the tag "tag:yaml.org,2002:python/object:os.system"; '
        "expected text",
    ),
    "alias": (
        "name: A pad\n",
        "name: *pad\n",
        '3:11: the alias "*pad" is not allowed; write the value out',
    ),
    "anchor": (
        "name: A pad\n",
        "name: &pad A pad\n",
        '3:11: the anchor "&pad" is not allowed; write values out',
    ),
    "second document": (
        "readers:\n",
        "---\n---\nreaders:\n",
        "2:1: a second document begins; expected one YAML document a file",
    ),
    "usb simulation without descriptor": (
        READERS[READERS.index("    descriptor:") :],
        "",
        '18:17: missing key "descriptor" in reader; a simulation over usb needs it',
    ),
    "verify against bPINSupport": (
        "bPINSupport: 0x03",
        "bPINSupport: 0x02",
        f"13:26: verify_pin_direct is true but bPINSupport is 0x02, without bit 0x01; {ON_PURPOSE}",
    ),
    "modify against bPINSupport": (
        "modify_pin_direct: true",
        "modify_pin_direct: false",
        f"14:26: modify_pin_direct is false but bPINSupport is 0x03, with bit 0x02; {ON_PURPOSE}",
    ),
    "exchange level against dwFeatures": (
        "dwFeatures: 0x000204BA",
        "dwFeatures: 0x000404BA",
        f"15:23: exchange_level is short-apdu but dwFeatures is 0x000404BA: extended-apdu; {ON_PURPOSE}",
    ),
    "two exchange levels": (
        "dwFeatures: 0x000204BA",
        "dwFeatures: 0x000604BA",
        f"15:23: exchange_level is short-apdu but dwFeatures is 0x000604BA: no one level; {ON_PURPOSE}",
    ),
    "display against wLcdLayout": (
        "wLcdLayout: 0x0211",
        "wLcdLayout: 0x0000",
        f"16:16: display makes 0x0211 but wLcdLayout is 0x0000; {ON_PURPOSE}",
    ),
    "slots against bMaxSlotIndex": (
        "slots: 1\n",
        "slots: 2\n",
        f"11:12: slots is 2 but bMaxSlotIndex is 0, which makes 1; {ON_PURPOSE}",
    ),
    "interrupt endpoint against bNumEndpoints": (
        "{port: usb}",
        "{port: usb, interrupt_endpoint: false}",
        f"18:49: interrupt_endpoint is false but bNumEndpoints is 3; {ON_PURPOSE}",
    ),
    "no endpoints": (
        "bNumEndpoints: 3",
        "bNumEndpoints: 1",
        f"20:22: bNumEndpoints is 1 but bInterfaceProtocol 0 needs 2 or 3; {ON_PURPOSE}",
    ),
    "wrong bLength": (
        "bNumEndpoints: 3",
        "bNumEndpoints: 3\n      bLength: 0x35",
        f"21:16: bLength is 0x35 but the CCID descriptor has 0x36 bytes; {ON_PURPOSE}",
    ),
    "wrong bDescriptorType": (
        "bNumEndpoints: 3",
        "bNumEndpoints: 3\n      bDescriptorType: 0xFF",
        f"21:24: bDescriptorType is 0xFF but a CCID descriptor's is 0x21; {ON_PURPOSE}",
    ),
    "ICCD version A with endpoints": (
        "bNumEndpoints: 3",
        "bNumEndpoints: 3\n      bInterfaceProtocol: 1",
        f"20:22: bNumEndpoints is 3 but bInterfaceProtocol 1 needs 0; {ON_PURPOSE}",
    ),
    "a card and cards": (
        "    card: test-card\n",
        "    card: test-card\n    cards: [test-card]\n",
        '18:5: both "card" and "cards" in reader; expected one of them',
    ),
    "clock count against the clocks": (
        "bNumClockSupported: 0",
        "bNumClockSupported: 2\n      clock_frequencies: [4000]",
        f"27:27: bNumClockSupported is 2 but clock_frequencies has 1; {ON_PURPOSE}",
    ),
}


@pytest.mark.parametrize(("old", "new", "expected"), READER_MISTAKES.values(), ids=READER_MISTAKES)
def test_a_mistake_in_readers_yaml_is_one_line(folder: Path, old: str, new: str, expected: str) -> None:
    (folder / "readers.yaml").write_text(changed(READERS, old, new), encoding="utf-8")
    assert message(folder) == f"{folder / 'readers.yaml'}:{expected}"
