

def leave_out(scene: Scene, meeting: Meeting, people: tuple[Person, ...]) -> tuple[Send, ...]:
    """Return the cancellation for people who are no longer in a meeting that goes on without them."""
    if meeting.starts_at is None or meeting.starts_at <= scene.now:
        return ()
    theirs = replace(meeting, sequence=meeting.sequence + 1)
    words = say("This meeting goes on without you; your calendar can forget it.")
    found = []
    for person in people:
        card = plain(scene, meeting, words)
        content = calendar_file(scene, theirs, person, card, "CANCEL")
        found.append(replace(tell(scene, meeting, person, card, "out"), content=content))
    return tuple(found)
