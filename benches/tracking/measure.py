"""How much is asked, and what one question came to."""

from dataclasses import dataclass, field

MIB = 2**20


@dataclass
class Sizes:
    """How much is asked. Of a peer less, where it would take minutes."""

    seconds: float = 3.0
    warm: float = 0.5
    rounds: int = 3
    starts: int = 5
    ours: tuple = (1_000, 10_000, 50_000, 100_000)
    peers: tuple = (1_000, 10_000, 50_000)
    heavy_peers: tuple = (1_000, 10_000)
    searching: float = 3.0
    points: int = 100_000
    page: int = 25_000
    metrics: int = 1_000_000
    patience: float = 40.0
    file_mib: int = 1024
    copies: int = 3
    syncs: int = 300
    fillers: int = 64
    # What takes longer is not repeated: more of it would say no more.
    tedious: float = 15.0


QUICK = Sizes(
    seconds=0.5,
    warm=0.1,
    rounds=1,
    starts=2,
    ours=(200, 1_000),
    peers=(200,),
    heavy_peers=(200,),
    searching=0.3,
    points=4_000,
    page=1_000,
    metrics=20_000,
    patience=2.0,
    file_mib=32,
    copies=1,
    syncs=50,
    fillers=4,
)


@dataclass
class Measure:
    """What one question came to at one server."""

    seconds: float | None = None
    mib: float | None = None
    shown: str = ""
    notes: list = field(default_factory=list)
    memory: float = 0.0
    answer: object = None
    fault: str = ""
    lost: float | None = None
    at_least: float | None = None
    at_most: float | None = None
