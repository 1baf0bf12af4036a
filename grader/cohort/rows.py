"""A row for everybody: the people of the roster, and what each of them has handed in."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from grader.cohort.names import own_name
from grader.cohort.roster import (
    CANVAS,
    MOODLE,
    PLAIN,
    SHORTEST_ID,
    Person,
    Roster,
    squashed,
    submission_time,
    words_of,
)
from grader.cohort.uploads import Upload
from grader.engine.cleaning import clean_line
from grader.engine.tree import shown


@dataclass(frozen=True)
class Row:
    """A person, and what there is of theirs to be graded.

    Attributes
    ----------
    name : str
        What the row is called. It can be shown and be a file's name, and no other row has it.
    person : Person
    upload : Upload, optional
        None if nothing was handed in, or if it is not clear what: see ``refusal``.
    refusal : str
        Why what was handed in is not graded, as a sentence; empty if ``upload`` is graded, or if
        there is none.
    submitted_at : datetime, optional
        When, as the upload says or, if it does not, the roster. It has no zone where the platform
        writes its own.
    on_roster : bool
        False for an upload that belongs to nobody on the roster.
    notes : tuple of str
        How the upload was matched, if not by the platform's id, and what was left out of account.
    """

    name: str
    person: Person
    upload: Upload | None
    refusal: str = ""
    submitted_at: datetime | None = None
    on_roster: bool = True
    notes: tuple[str, ...] = ()


def rows(roster: Roster | None, uploads: Sequence[Upload]) -> tuple[Row, ...]:
    """Return a row for each person on the roster, in its order, then what belongs to none of them.

    An upload belongs to the person who has its id, else its e-mail address, else its name (without
    accents, its words in any order), if that is one person only. The entries of a plain folder
    are named as somebody pleased: an id, an address, its part before the ``@``, or a name, or one
    of them among other words. Without a roster, each upload makes a row for each of its people.
    """
    if roster is None:
        return _rows_of_uploads(uploads)
    index = _Index(roster)
    found: dict[int, list[tuple[Upload, str]]] = {n: [] for n in range(len(roster.people))}
    unclear: dict[int, list[str]] = {n: [] for n in range(len(roster.people))}
    strays: list[tuple[Person, Upload, str, str]] = []
    for upload in uploads:
        for person in _people(upload):
            how, numbers = index.find(person, upload.platform)
            if len(numbers) == 1:
                found[numbers[0]].append((upload, how))
                continue
            refusal, note = "", f"Nobody on the roster has {_what_is_compared(upload)}."
            if numbers:
                several = _listed([roster.people[n].label for n in numbers], " or ")
                note, refusal = "", f"{shown(upload.path.name)} may be of {several}. {_NAME_IT}"
                for number in numbers:
                    unclear[number].append(refusal)
            strays.append((person, upload, refusal, note))
    taken: set[str] = set()
    listed = []
    for number, person in enumerate(roster.people):
        name = own_name(person.label, person.id or str(number), taken)
        listed.append(_row(name, person, found[number], unclear[number]))
    for person, upload, refusal, note in strays:
        name = own_name(upload.name, upload.path.name + person.label, taken)
        notes = (*upload.notes, *((note,) if note else ()))
        reason = refusal or upload.refusal
        at, owner = upload.submitted_at, person.identified()
        listed.append(Row(name, owner, upload, reason, at, on_roster=False, notes=notes))
    return tuple(listed)


_NAMES_DIFFER = {
    CANVAS: "id, although the names differ (a group of Canvas has one upload, under one id)"
}
_NAME_IT = "Name it after an id on the roster."


def _rows_of_uploads(uploads: Iterable[Upload]) -> tuple[Row, ...]:
    taken: set[str] = set()
    listed = []
    for upload in uploads:
        people = _people(upload)
        for person in people:
            label = upload.name if len(people) == 1 else person.label
            name = own_name(label, upload.path.name + person.label, taken)
            at, notes = upload.submitted_at, upload.notes
            owner = person.identified()
            listed.append(Row(name, owner, upload, upload.refusal, at, notes=notes))
    return tuple(listed)


def _row(
    name: str, person: Person, found: Sequence[tuple[Upload, str]], unclear: Sequence[str]
) -> Row:
    """Return a person's row: of several uploads, the newest, if all say when they came."""
    if not found:
        return Row(name, person, None, " ".join(unclear))
    times = [upload.submitted_at for upload, _ in found if upload.submitted_at]
    notes: tuple[str, ...] = ()
    if len(found) > 1:
        listed = _listed([upload.path.name for upload, _ in found], " and ")
        same_clock = len({time.tzinfo is None for time in times}) == 1
        if len(times) < len(found) or len(set(times)) < len(times) or not same_clock:
            refusal = f"{listed} are both of {person.label}. Keep one of them."
            return Row(name, person, None, refusal)
        notes = (f"The newest of {listed} counts.",)
        found = [max(found, key=lambda pair: pair[0].submitted_at or datetime.min)]
    upload, how = found[0]
    if how != "id":
        notes = (*notes, f"Matched by {how}: {shown(upload.path.name)} is {person.label}.")
    at = upload.submitted_at or submission_time(person)
    return Row(name, person, upload, upload.refusal, at, notes=(*upload.notes, *notes))


def _people(upload: Upload) -> tuple[Person, ...]:
    return upload.people or (Person(name=upload.name),)


def _what_is_compared(upload: Upload) -> str:
    return "that name, id or address" if upload.platform == PLAIN else "its id, address or name"


def _listed(names: Sequence[str], between: str) -> str:
    return clean_line(between.join(shown(name, 60) for name in names[:6]), 300)


class _Index:
    """The people of a roster by id, e-mail address and name; each as its number in the list."""

    def __init__(self, roster: Roster) -> None:
        self._people = roster.people
        self._platform = roster.platform
        self._own: dict[str, int] = {}
        self._ids: dict[str, set[int]] = {}
        self._emails: dict[str, set[int]] = {}
        self._parts: dict[str, set[int]] = {}
        self._names: dict[tuple[str, ...], set[int]] = {}
        self._with_word: dict[str, set[tuple[str, ...]]] = {}
        self._squashed: dict[str, set[int]] = {}
        for number, person in enumerate(roster.people):
            email = person.email.casefold()
            self._own[person.id.casefold()] = number
            for id_ in (person.id, *person.aliases):
                self._ids.setdefault(id_.casefold(), set()).add(number)
            self._emails.setdefault(email, set()).add(number)
            self._parts.setdefault(email.partition("@")[0], set()).add(number)
            words = words_of(person.name)
            self._names.setdefault(words, set()).add(number)
            for word in words:
                self._with_word.setdefault(word, set()).add(words)
            for name in squashed(person.name):
                self._squashed.setdefault(name, set()).add(number)

    def find(self, person: Person, platform: str) -> tuple[str, list[int]]:
        """Return who a person is, and by what: one number, or several that it may be, or none."""
        same = person.id and platform == self._platform
        own = self._own.get(person.id.casefold()) if same else None
        if own is not None and platform != MOODLE and not self._agree(own, person):
            return _NAMES_DIFFER.get(platform, "id, although the names differ"), [own]
        steps: list[tuple[str, Callable[[], set[int]]]] = [
            ("id", lambda: self._by_id(person, own)),
            ("e-mail address", lambda: self._by_email(person.email)),
            ("name", lambda: self._by_name(person.name)),
        ]
        if platform == PLAIN:
            name = person.name.casefold()
            steps = [
                ("id", lambda: self._ids.get(name, set())),
                ("e-mail address", lambda: self._by_email(name) or self._parts.get(name, set())),
                ("name", lambda: self._by_name(person.name)),
                ("an id in its name", lambda: self._by_id_within(person.name)),
                ("a name in its name", lambda: self._by_name_within(person.name)),
            ]
        remaining: set[int] = set()
        for how, step in steps:
            found = step()
            found = found & remaining if remaining else found
            if len(found) == 1:
                return how, list(found)
            remaining = found or remaining
        return "", sorted(remaining)

    def _by_id(self, person: Person, own: int | None) -> set[int]:
        """Return who has an id, if the names may be one: ids are of many kinds.

        Canvas's user 12345 is neither Moodle's participant 12345 nor the school's number 12345,
        which Moodle's gradebook has.
        """
        found = {own} if own is not None else self._ids.get(person.id.casefold(), set())
        return {n for n in found if person.id and self._agree(n, person)}

    def _agree(self, number: int, person: Person) -> bool:
        """Return whether two names have a word in common, or one of them is not known."""
        words, others = words_of(self._people[number].name), words_of(person.name)
        if not words or not others:
            return True
        together, others_together = "".join(words), "".join(others)
        return any(w in others_together for w in words) or any(w in together for w in others)

    def _by_email(self, email: str) -> set[int]:
        return self._emails.get(email.casefold(), set()) if email else set()

    def _by_name(self, name: str) -> set[int]:
        """Return who has a name; what stands before a hyphen may be the name of a group."""
        for start in (0, *(n + 1 for n, character in enumerate(name) if character == "-")):
            words = words_of(name[start:])
            found = self._names.get(words) or self._squashed.get("".join(words))
            if words and found:
                return found
        return set()

    def _by_id_within(self, name: str) -> set[int]:
        words = {word for word in words_of(name) if len(word) >= SHORTEST_ID}
        return set().union(*(self._ids.get(word, set()) for word in words))

    def _by_name_within(self, name: str) -> set[int]:
        """Return who has all words of their name, which are two at least, in another."""
        words = set(words_of(name))
        keys = Counter(key for word in words for key in self._with_word.get(word, ()))
        return set().union(*(self._names[key] for key, n in keys.items() if n == len(set(key)) > 1))
