"""``ClipStream``: windows straight from shards, here or behind a URL, shuffled and split over ranks and workers."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
import torch.distributed
from numpy.typing import NDArray
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from activevision.errors import UserError
from activevision.files import digest
from activevision.machine import cores, spread
from activevision.rollouts.frames import Batch, FrameStore, label_indices
from activevision.rollouts.shards import stored_episodes, whole_manifest
from activevision.rollouts.storage import Storage
from activevision.rollouts.stored import DERIVED, StoredEpisode
from activevision.rollouts.windows import Gap, Rows, Windows

_CHUNK = 32  # frames that are decoded at a time
Item = TypeVar("Item")


class Place(NamedTuple):
    """How far a share of an epoch has come: ``given`` windows of the buffer that begins at ``window`` of a shard.

    shard: its number in the share's order. window: its number in the shard's order.
    """

    shard: int = 0
    window: int = 0
    given: int = 0


class _Buffer(NamedTuple):
    """Windows that are shuffled together. place: where it begins. after: where the next one begins."""

    place: Place
    after: Place
    store: FrameStore
    rows: Rows


class ClipStream(IterableDataset):
    """Every window of a data set once an epoch, read from its shards.

    folder: or URL. windows: or the length of windows of neighbouring frames. fields: see ``FrameStore.batch``.
    seed: of the order; None for the order of the data set. buffer: windows that are shuffled together. Two buffers of
    frames are in memory in each worker.
    skip_damaged: leave out shards that are missing or damaged, with a warning and a line in ``left_out``, instead of
    failing. ranks: (rank, world size) where that is not ``torch.distributed``'s.

    **Order.** Seed and epoch shuffle the shards. Share i of N, one for each worker of each rank, has the shards i,
    i + N, … of that order. In it the episodes of each shard are shuffled, buffers are filled with their windows in
    turn, and each full buffer is given in random order. It depends on the seed, the epoch, N and the buffer alone.
    ``batches`` goes to the next epoch by itself, as iteration does; with ``DataLoader(stream, num_workers=…)`` call
    ``set_epoch``, because torch iterates over copies. Shares need not be of equal size, nor are ranks' numbers of
    batches then: stop at a number of steps where ranks wait for each other.

    **Going on.** After ``load_state_dict`` of a ``state_dict`` come exactly the windows that were left, in the same
    order, wherever between two batches of ``batches(…, workers=…)`` or two items of ``iter(stream)`` it was taken, with
    as many ranks and workers, each rank with its own state. Without workers the batch size may be another one. It costs
    reading one shard and one buffer in each worker. Batches that workers had ready but not given yet are made again.
    ``DataLoader(stream, num_workers=…)`` keeps its workers' copies to itself, so there the state of this object stands
    still; loaders that save the states of those copies find ``state_dict`` and ``load_state_dict`` in them.

    Raises UserError where there are no rollouts or not all of them, for fewer shards than ranks; while iterating, for a
    damaged shard and for frames of several sizes.
    """

    def __init__(
        self,
        folder: Path | str,
        windows: Windows | int,
        fields: Sequence[str] = (),
        seed: int | None = 0,
        buffer: int = 1024,
        skip_damaged: bool = False,
        ranks: tuple[int, int] | None = None,
    ):
        if buffer < 1:
            raise UserError(f"a shuffle buffer of {buffer} windows: it must hold at least one.")
        self.windows = Windows(windows) if isinstance(windows, int) else windows
        self.fields, self.seed, self.buffer, self.skip_damaged = tuple(fields), seed, buffer, skip_damaged
        self.left_out: list[str] = []
        self._storage, self._manifest = Storage(folder), whole_manifest(folder)
        self._ranks = ranks
        self._epoch = 0
        self._shares: int | None = None  # of the epoch that is under way, with the places of those that are known
        self._places: dict[int, Place] = {}
        self._due = 0  # the worker whose turn it is
        self._resumed = False
        self._rows_of: dict[int, Rows] = {}
        shards, world = len(self._manifest.shards), self._rank_and_world()[1]
        if shards < world:
            raise UserError(
                f"{shards} shards cannot be shared by {world} ranks: use fewer, or collect with fewer episodes a shard."
            )

    @property
    def key(self) -> str:
        """What decides the order of an epoch, but for the number of shares."""
        shards = [shard.sha256 for shard in self._manifest.shards]
        return digest(shards, repr(self.windows), self.seed, self.buffer)

    def set_epoch(self, epoch: int) -> None:
        """Begin with this epoch when next iterated over."""
        self._epoch, self._resumed = epoch, False
        self._begin(None)

    def state_dict(self) -> dict[str, Any]:
        """Where the stream is, as JSON."""
        places = {str(share): list(place) for share, place in self._places.items()}
        return {"key": self.key, "epoch": self._epoch, "shares": self._shares, "places": places, "due": self._due}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there when next iterated over. UserError for the state of other data or settings."""
        if state["key"] != self.key:
            raise UserError(
                "the state is that of a stream with other data, windows, seed or buffer: make the stream with the same."
            )
        self._epoch, self._shares, self._due = state["epoch"], state["shares"], state["due"]
        self._places = {int(share): Place(*place) for share, place in state["places"].items()}
        self._resumed = True

    def __iter__(self) -> Iterator[Batch]:
        """Windows one by one, without the axis B; in a worker of a DataLoader those of its share."""
        rank, world = self._rank_and_world()
        worker = get_worker_info()
        number, workers = (worker.id, worker.num_workers) if worker else (0, 1)
        share = rank * workers + number
        self._start(world * workers)
        for place, batch in self._share(share, world * workers, 1, 1 if worker else cores()):
            self._places[share] = place
            yield batch.one(0)
        self._end()

    def batches(self, batch_size: int, workers: int = 0) -> Iterator[Batch]:
        """The windows of this rank in batches, of which the last ones may be smaller: made by so many processes, which
        take turns, or else by this one."""
        rank, world = self._rank_and_world()
        shares = world * max(workers, 1)
        first = self._start(shares)
        if not workers:
            for place, batch in self._share(rank, shares, batch_size, cores()):
                self._places[rank] = place
                yield batch
            self._end()
            return
        work = _Worker(self, rank * workers, shares, batch_size, first)
        for number, place, batch, left_out in DataLoader(
            work, batch_size=None, num_workers=workers, collate_fn=_as_it_is
        ):
            self._leave_out(left_out)
            if isinstance(batch, str):
                raise UserError(batch)
            if batch is not None:
                self._places[rank * workers + number] = place
                self._due = (number + 1) % workers
                yield batch
        self._end()

    def _start(self, shares: int) -> int:
        """Be at the beginning of the epoch, or where a loaded state is; the worker whose turn it is."""
        if not self._resumed or self._shares is None:
            self._begin(shares)
        elif self._shares != shares:
            raise UserError(
                f"the state is that of {self._shares} ranks × workers, not of {shares}: go on with as many as before."
            )
        self._resumed = False
        return self._due

    def _begin(self, shares: int | None) -> None:
        self._shares, self._places, self._due = shares, {}, 0

    def _end(self) -> None:
        self._epoch += 1
        self._begin(None)

    def _share(self, share: int, shares: int, batch_size: int, threads: int) -> Iterator[tuple[Place, Batch]]:
        """The batches of a share from its place on, each with the place after it."""
        parts: list[Batch] = []
        missing = batch_size
        place = self._places.get(share, Place())
        known = len(self.left_out)
        for buffer in _ahead(self._buffers(share, shares, place, threads)):
            if len(self.left_out) > known:
                self._warn(self.left_out[known:])
                known = len(self.left_out)
            at = buffer.place.given
            while at < len(buffer.rows):
                rows = buffer.rows[at : at + missing]
                parts.append(buffer.store.batch(rows, self.fields, self.windows.neighbours))
                at, missing = at + len(rows), missing - len(rows)
                place = buffer.place._replace(given=at) if at < len(buffer.rows) else buffer.after
                if not missing:
                    yield place, Batch.joined(parts)
                    parts, missing = [], batch_size
        if parts:
            yield place, Batch.joined(parts)
        self._warn(self.left_out[known:])

    def _buffers(self, share: int, shares: int, place: Place, threads: int) -> Iterator[_Buffer]:
        parts: list[tuple[StoredEpisode, Rows]] = []
        missing = self.buffer
        for shard, window, episode, rows in self._episodes(share, shares, place):
            done = 0
            while done < len(rows):
                taken = rows[done : done + missing]
                parts.append((episode, taken))
                done, missing = done + len(taken), missing - len(taken)
                if not missing:
                    after = Place(shard, window + done)
                    yield self._buffer(parts, place, after, share, threads)
                    parts, missing, place = [], self.buffer, after
        if parts:
            yield self._buffer(parts, place, Place(len(self._manifest.shards)), share, threads)

    def _episodes(self, share: int, shares: int, place: Place) -> Iterator[tuple[int, int, StoredEpisode, Rows]]:
        """From a place on: the shard's number in the share, the first window's in the shard, and an episode with the
        views (N, length) of its windows."""
        all_shards = self._manifest.shards
        order = np.arange(len(all_shards))
        if self.seed is not None:
            order = np.random.default_rng([self.seed, self._epoch]).permutation(len(all_shards))
        for number, index in list(enumerate(order[share::shares].tolist()))[place.shard :]:
            try:
                episodes = stored_episodes(self._storage, all_shards[index])
            except UserError as error:
                if not self.skip_damaged:
                    raise
                if str(error) not in self.left_out:
                    self.left_out.append(str(error))
                continue
            turns = np.arange(len(episodes))
            if self.seed is not None:
                turns = np.random.default_rng([self.seed, self._epoch, index]).permutation(len(episodes))
            window, skipped = 0, place.window if number == place.shard else 0
            for turn in turns.tolist():
                rows = self._windows_of(episodes[turn])
                before = min(max(skipped - window, 0), len(rows))
                if before < len(rows):
                    yield number, window + before, episodes[turn], rows[before:]
                window += len(rows)

    def _windows_of(self, episode: StoredEpisode) -> Rows:
        known = isinstance(self.windows.step, Gap)  # with which only the number of views matters
        if not known or episode.views not in self._rows_of:
            offsets = np.array([0, episode.views])
            following = self.windows.step.follow(offsets, episode.time, episode.pose)
            rows = self.windows.rows(self.windows.starts(offsets, following), following)
            if not known:
                return rows
            self._rows_of[episode.views] = rows
        return self._rows_of[episode.views]

    def _buffer(
        self, parts: list[tuple[StoredEpisode, Rows]], place: Place, after: Place, share: int, threads: int
    ) -> _Buffer:
        """Decode the frames that windows of some episodes need, each once."""
        needed = [np.unique(rows) for _, rows in parts]
        offsets = np.cumsum([0, *map(len, needed)])
        rows = np.concatenate(
            [np.searchsorted(n, r) + o for n, (_, r), o in zip(needed, parts, offsets[:-1], strict=True)]
        )
        if self.seed is not None:
            seed = [self.seed, self._epoch, share, place.shard, place.window]
            rows = np.random.default_rng(seed).permutation(rows)
        episodes = [episode for episode, _ in parts]
        chunks = [
            (episode, views[start : start + _CHUNK])
            for episode, views in zip(episodes, needed, strict=True)
            for start in range(0, len(views), _CHUNK)
        ]
        pairs = list(zip(episodes, needed, strict=True))
        views = {"rgb": _joined("frames", list(spread(_decoded, chunks, threads)))}
        motions = {"twist": np.concatenate([e.twist[n[:-1]] for e, n in pairs])} if self.windows.neighbours else {}
        for name in ("pose", "time", *self.fields):
            if name in ("egomotion", "intrinsics"):
                continue
            if name not in DERIVED and episodes[0].between(name):
                motions[name] = _joined(name, [e.array(name)[n[:-1]] for e, n in pairs])
            else:
                views[name] = _joined(name, [e.array(name)[n] for e, n in pairs])
        about = [episode.about for episode in episodes]
        store = FrameStore(
            key="",
            offsets=offsets,
            views=views,
            motions=motions,
            intrinsics=np.array([facts["intrinsics"] for facts in about], np.float64),
            labels=label_indices([facts["label"] for facts in about], self._manifest.classes),
            scenes=np.array([facts["scene_id"] for facts in about]),
            classes=self._manifest.classes,
        )
        return _Buffer(place, after, store, rows)

    def _leave_out(self, lines: Sequence[str]) -> None:
        new = [line for line in lines if line not in self.left_out]
        self.left_out += new
        self._warn(new)

    def _warn(self, lines: Sequence[str]) -> None:
        if get_worker_info() is None or not isinstance(get_worker_info().dataset, _Worker):  # type: ignore[union-attr]
            for line in lines:
                warnings.warn(f"left out: {line}", stacklevel=4)

    def _rank_and_world(self) -> tuple[int, int]:
        if self._ranks is not None:
            return self._ranks
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            return torch.distributed.get_rank(), torch.distributed.get_world_size()
        return 0, 1

    def __getstate__(self) -> dict[str, Any]:
        # a worker process that is not a fork does not know which rank it belongs to
        return {**self.__dict__, "_ranks": self._rank_and_world()}


class _Worker(IterableDataset):
    """What a process of ``ClipStream.batches`` does: the batches of one worker's share, with where they come from.

    first: the worker whose turn it is, whose work process 0 does, because torch begins with that one.
    """

    def __init__(self, stream: ClipStream, base: int, shares: int, batch_size: int, first: int):
        self._stream, self._base, self._shares = stream, base, shares
        self._batch_size, self._first = batch_size, first

    def __iter__(self) -> Iterator[tuple[int, Place, Batch | str | None, list[str]]]:
        """What is no batch: the message of a UserError, which torch would make many lines of, or None at the end."""
        worker = get_worker_info()
        assert worker is not None
        number = (worker.id + self._first) % worker.num_workers
        place, told = Place(), 0
        left_out = self._stream.left_out
        try:
            for place, batch in self._stream._share(self._base + number, self._shares, self._batch_size, 1):
                yield number, place, batch, left_out[told:]
                told = len(left_out)
        except UserError as error:
            yield number, place, str(error), left_out[told:]
        if left_out[told:]:
            yield number, place, None, left_out[told:]


def _ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The same items, of which the next one is made by a thread while one is used."""
    nothing = object()
    with ThreadPoolExecutor(1) as pool:
        upcoming: Any = pool.submit(next, items, nothing)
        while (item := upcoming.result()) is not nothing:
            upcoming = pool.submit(next, items, nothing)
            yield item


def _decoded(part: tuple[StoredEpisode, Rows]) -> NDArray[np.uint8]:
    episode, views = part
    return episode.rgb(views.tolist())


def _joined(name: str, arrays: list[NDArray[Any]]) -> NDArray[Any]:
    shapes = {array.shape[1:] for array in arrays}
    if len(shapes) > 1:
        sizes = " and ".join("×".join(map(str, shape)) for shape in sorted(shapes))
        raise UserError(f"{name} of {sizes}: windows need one size, so collect others into a folder of their own.")
    return np.concatenate(arrays)


def _as_it_is(item: Item) -> Item:
    return item
