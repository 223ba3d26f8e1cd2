"""Accounts for each row of each file of an import: imported, merged or skipped, and why."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rich.table import Table


@dataclass
class FileReport:
    """The rows of one file. `merged` and `skipped` count by reason."""

    rows: int = 0
    imported: int = 0
    merged: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)

    @property
    def accounted(self) -> int:
        """Rows with a known outcome; equals `rows` in a whole report."""
        return self.imported + self.merged.total() + self.skipped.total()


@dataclass
class ImportReport:
    """One import, file by file; `notes` are things worth knowing that cost no row."""

    files: dict[str, FileReport] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, rows: Mapping[str, int], notes: Iterable[str] = ()) -> "ImportReport":
        """An empty report for files with so many rows."""
        return cls({str(name): FileReport(rows=count) for name, count in rows.items()}, list(notes))

    def imported(self, file: str, count: int = 1) -> None:
        """Counts rows that became something new here."""
        self.files[file].imported += count

    def merged(self, file: str, reason: str, count: int = 1) -> None:
        """Counts rows that are part of something that is here."""
        if count:
            self.files[file].merged[reason] += count

    def skipped(self, file: str, reason: str, count: int = 1) -> None:
        """Counts rows that are left out."""
        if count:
            self.files[file].skipped[reason] += count

    def unaccounted(self) -> dict[str, int]:
        """Rows without outcome by file; empty when the report is whole."""
        return {name: f.rows - f.accounted for name, f in self.files.items() if f.rows != f.accounted}

    def as_json(self) -> dict[str, object]:
        """The report for programs."""
        return {
            "files": {
                name: {
                    "rows": f.rows,
                    "imported": f.imported,
                    "merged": dict(f.merged),
                    "skipped": dict(f.skipped),
                }
                for name, f in self.files.items()
            },
            "notes": self.notes,
        }

    def as_table(self) -> Table:
        """The report for people."""
        table = Table(title="What became of each row")
        table.add_column("File")
        for heading in ("Rows", "Imported", "Merged", "Skipped"):
            table.add_column(heading, justify="right")
        for name, f in self.files.items():
            counts = (f.rows, f.imported, f.merged.total(), f.skipped.total())
            table.add_row(name, *(f"{count:,}" for count in counts))
        return table

    def reasons(self) -> list[str]:
        """A line for each reason why rows of a file were merged or skipped."""
        return [
            f"{name}: {count:,} {outcome}: {reason}"
            for name, f in self.files.items()
            for outcome, counted in (("merged", f.merged), ("skipped", f.skipped))
            for reason, count in counted.most_common()
        ]
