"""`bench/RESULTS.md`: what was measured, on which machine, beside which ceiling."""

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.load import Figure
from bench.plan import Operation


@dataclass(frozen=True, slots=True)
class Row:
    operation: Operation
    one: Figure
    many: Figure
    ceiling: Figure
    ceiling_many: Figure

    @property
    def ratio(self) -> float:
        return self.many.cpu / self.ceiling_many.cpu


def machine() -> str:
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    system = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    return f"{model}, {os.cpu_count()} cores, {system}"


def table(rows: list[Row]) -> str:
    lines = [
        "| operation | CPU/request | ceiling | ratio | target | held | req/s at 1 / 16 "
        "| p50 / p99 ms at 1 | p50 / p99 ms at 16 |",
        "|---|---:|---:|---:|---:|:--:|---:|---:|---:|",
    ]
    for row in rows:
        held = "yes" if row.ratio <= row.operation.target else "**no**"
        costs = f"{row.many.cpu:.0f} µs | {row.ceiling_many.cpu:.0f} µs | {row.ratio:.2f}"
        lines.append(
            f"| {row.operation.name} | {costs} | {row.operation.target:g} | {held} "
            f"| {row.one.rate:.0f} / {row.many.rate:.0f} "
            f"| {row.one.p50:.1f} / {row.one.p99:.1f} | {row.many.p50:.1f} / {row.many.p99:.1f} |"
        )
    return "\n".join(lines)


TEXT = """# What it costs

Made by `make bench` on {day}, on: {machine}.

A generated community of 10 spaces, 2,000 topics, 20 replies each and about 400 characters a post. The service
runs as one process on one core, the load generator (wrk) on the others, PostgreSQL {postgres} where the
system puts it.
**CPU/request is that of the service's process** at 16 connections: the steady figure on a noisy machine.

The **ceiling**, in the same run: the same statements over the same rows by asyncpg behind a bare Starlette
app that answers ready bytes of the same size; for the reply, one bare transaction with the same rows.

{table}

FastAPI's empty endpoint in the same run: {empty:.0f} µs. Resident memory of the service after the run:
{memory:.0f} MiB (target: at most 150). Answers that were not 2xx: {failed}.

{notes}
"""


def write(path: Path, rows: list[Row], *, empty: float, memory: float, postgres: str, notes: str) -> str:
    failed = sum(row.one.failed + row.many.failed for row in rows)
    text = TEXT.format(
        day=f"{datetime.now(UTC):%Y-%m-%d}",
        machine=machine(),
        postgres=postgres,
        table=table(rows),
        empty=empty,
        memory=memory,
        failed=failed,
        notes=notes,
    )
    path.write_text(text)
    return text
