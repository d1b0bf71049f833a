"""What one commit of one partition will do, gathered command by command. Sends nothing."""

from collections.abc import Mapping

from vcp_contracts.streams import FIELD, done, done_at

from vcp_plumbing.connection import Argument

_MOST_WORDS = 4_000
"""Lua hands a command's words over on its stack, which holds about 8,000."""


class Batch:
    """The changes of one partition, written all or not at all.

    `number` is the commit number that the owner holds; `reads` the stream whose entries it consumed.
    Set `position` to the id of the last entry consumed: it is committed with the changes and, unless
    `keep_input`, everything up to it is trimmed. Left None, the position stays (timers only).
    """

    __slots__ = ("keep_input", "meta", "number", "partition", "position", "reads", "results", "words")

    def __init__(
        self, partition: int, *, meta: str, reads: str, number: int, keep_input: bool = False
    ) -> None:
        self.partition = partition
        self.meta = meta
        self.reads = reads
        self.number = number
        self.keep_input = keep_input
        self.position: str | None = None
        self.results: list[Argument] = []
        self.words: list[Argument] = []

    def add(self, *command: Argument) -> None:
        """Any command of Redis 7.0 on keys of this partition, such as `("RPUSH", key, value)`."""
        if len(command) > _MOST_WORDS:
            raise ValueError(f"a command of {len(command)} words is too long for a script: split it")
        words = self.words
        words.append(len(command))
        words.extend(command)

    def xadd(
        self,
        key: str,
        body: bytes,
        *,
        keep: int | None = None,
        exactly: bool = False,
        since_ms: int | None = None,
    ) -> None:
        """Append plain JSON to a stream; bound it to the last `keep` entries, or to those since `since_ms`.

        Bounds are approximate (a little more may stay) unless `exactly`.
        """
        sign = "=" if exactly else "~"
        if keep is not None:
            self.words += (8, "XADD", key, "MAXLEN", sign, keep, "*", FIELD, body)
        elif since_ms is not None:
            self.words += (8, "XADD", key, "MINID", sign, since_ms, "*", FIELD, body)
        else:
            self.words += (5, "XADD", key, "*", FIELD, body)

    def hset(self, key: str, field: Argument, value: Argument) -> None:
        self.words += (4, "HSET", key, field, value)

    def hset_all(self, key: str, values: Mapping[str, Argument]) -> None:
        """Set several fields of a hash; nothing when there are none."""
        if values:
            self.add("HSET", key, *(word for pair in values.items() for word in pair))

    def hdel(self, key: str, *fields: Argument) -> None:
        """Remove fields of a hash; nothing when none are named."""
        if fields:
            self.add("HDEL", key, *fields)

    def delete(self, *keys: str) -> None:
        """Remove whole keys without making the server wait for their memory."""
        if keys:
            self.add("UNLINK", *keys)

    def sadd(self, key: str, *members: Argument) -> None:
        if members:
            self.add("SADD", key, *members)

    def srem(self, key: str, *members: Argument) -> None:
        if members:
            self.add("SREM", key, *members)

    def done(self, command_id: str, result: bytes) -> None:
        """Remember the result of a command for an hour, so that its repeat gets the same answer."""
        self.results += (command_id, result)

    @property
    def empty(self) -> bool:
        """True when committing this would change nothing but the lease."""
        return self.position is None and not self.words and not self.results

    def keys(self) -> tuple[str, str, str, str]:
        return (self.meta, self.reads, done(self.partition), done_at(self.partition))

    @property
    def oldest_kept(self) -> str:
        """The smallest stream id that survives the commit; empty when nothing is to be trimmed."""
        if self.position is None or self.keep_input:
            return ""
        return after(self.position)


def after(entry_id: str) -> str:
    """The smallest stream id that is greater than `entry_id` (`ms-seq`)."""
    ms, _, sequence = entry_id.partition("-")
    return f"{ms}-{int(sequence or 0) + 1}"
