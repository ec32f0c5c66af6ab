"""Results as Markdown tables."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.measure import Row


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table with columns lined up."""
    widths = [max(len(row[i]) for row in (header, *rows)) for i in range(len(header))]
    lines = [header, ["-" * w for w in widths], *rows]
    return "\n".join(
        "| " + " | ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)) + " |"
        for line in lines
    )


def job_table(rows: Sequence[Row]) -> str:
    """Return one job: CPU a request, its ratio to the first row's, rate, latency, memory."""
    header = ["server", "CPU a request, ms", "ratio", "requests/s", "p50 ms", "p99 ms", "RSS MB",
              "body kB", "requests"]  # fmt: skip
    base = next((r.cpu_ms for r in rows if r.cpu_ms), None)
    out = []
    for row in rows:
        if row.cpu_ms is None:
            out.append([row.server, row.note, *[""] * (len(header) - 2)])
            continue
        name = f"{row.server} ({row.note})" if row.note else row.server
        ratio = f"{row.cpu_ms / base:.2f}" if base else ""
        out.append([
            name, f"{row.cpu_ms:.3f}", ratio, f"{row.rate:.0f}", f"{row.p50_ms:.2f}",
            f"{row.p99_ms:.2f}", f"{row.resident / 1e6:.0f}", f"{row.body / 1e3:.1f}",
            str(row.count),
        ])  # fmt: skip
    return markdown(header, out)
