"""Files that say which packages Python needs: the target's package beside each of the broker's, which then goes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from natsscan.model.usage import Usage
from natsscan.patches.place import Job, Place, Reading
from natsscan.patches.python_lists import Edited, taken_out
from natsscan.patches.python_twins import is_shared, twin
from natsscan.surfaces.python_packages import declared
from natsscan.surfaces.python_requirement import Form, Listing

_MADE = "The file is written by {}: run that again when what it is made from has changed."
_BROKEN = "The file cannot be read to its end, so nothing in it is changed: mend that first."
_UNKNOWN = "No rule says which package takes its place on NATS."
_NESTED = "It stands among other things; take it out by hand."
_NO_ENTRY = "It names an entry of another table for which none is put beside: add both by hand."
# Lists that name entries of a table of packages.
_NAMING = "tool.poetry.extras."


def read(job: Job) -> Reading:
    """Return the places of a file with lists of packages."""
    lists = declared(job.source)
    if lists is None or lists.made_by or lists.faults:
        why = _MADE.format(lists.made_by) if lists is not None and lists.made_by else _BROKEN
        return Reading((), tuple((usage, why) for usage in job.usages))
    left = {usage.span.start: usage for usage in job.usages}
    places: list[Place] = []
    others: list[tuple[Usage, str]] = []
    # Lists that name entries of tables come behind those.
    for listing in sorted(lists.listings, key=lambda each: each.form is not Form.KEY):
        wanted = ((number, item.requirement) for number, item in enumerate(listing.items))
        usages = {number: left.pop(each.start) for number, each in wanted if each is not None and each.start in left}
        is_naming = (listing.where or "").startswith(_NAMING)
        lonely = {usage.symbol for place in places if place.reason for usage in place.answers} if is_naming else set()
        for usage, found in _listing(job, listing, usages):
            if isinstance(found, str):
                others.append((usage, found))
            elif usage.symbol in lonely:
                places.append(replace(found, twin=None, reason=_NO_ENTRY))
            else:
                places.append(found)
    others += [(usage, _NESTED) for usage in left.values()]
    return Reading(tuple(sorted(places, key=lambda place: place.start)), tuple(others))


def _listing(job: Job, listing: Listing, usages: Mapping[int, Usage]) -> Iterator[tuple[Usage, Place | str]]:
    """Yield the usages in a list, each with its place or the reason why people have to look at it."""
    packages = job.replacements.rules.packages.get(listing.ecosystem, {})
    new = {number: packages[usage.symbol] for number, usage in usages.items() if usage.symbol in packages}
    edited = taken_out(job.source.data, listing, new.keys())
    cuts = edited.cuts()
    added: set[str] = set()
    for number, usage in usages.items():
        if listing.fixed or number not in new or number not in cuts:
            yield usage, listing.fixed or (_NESTED if number in new else _UNKNOWN)
            continue
        bare = Place(*cuts[number], (usage,), None, cuts[number][1], "")
        place = _place(job, edited, number, bare, new[number])
        if isinstance(place, Place) and place.twin:
            place = replace(place, twin=b"") if new[number] in added else place
            added.add(new[number])
        yield usage, place


def _place(job: Job, edited: Edited, number: int, bare: Place, package: str) -> Place | str:
    """Return an entry as a place, or why it is not to be taken out; `bare` is the place without what takes it."""
    listing = edited.listing
    if listing.alone is not None:
        return replace(bare, reason=listing.alone)
    if edited.has(package):
        return replace(bare, twin=b"")
    item = listing.items[number]
    versions = job.replacements.rules.versions.get(listing.ecosystem, {})
    text = twin(job.source.data, item, listing.form, package, versions)
    if isinstance(text, str):
        return text if is_shared(item, package) else replace(bare, reason=text)
    beside = edited.beside(number, package, text)
    return replace(bare, reason=_NESTED) if beside is None else replace(bare, twin=beside[1], beside=beside[0])
