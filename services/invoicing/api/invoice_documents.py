"""An invoice as a document to keep: one HTML file without anything from elsewhere, to read, print and file (I1).

Must never compute an amount: it shows what was issued.
"""

from html import escape

from services.invoicing.domain.invoices import Invoice
from services.invoicing.domain.lines import InvoiceLine, LineKind
from shared.kernel.instants import format_instant
from shared.kernel.money import Money

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:46rem;margin:3rem auto;padding:0 1rem;color:#111}"
    "table{width:100%;border-collapse:collapse;margin:1.5rem 0}th,td{padding:.4rem .6rem;border-bottom:1px solid #ddd;"
    "text-align:left}.amount{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}"
    "tfoot td{border:0}tfoot tr:last-child td{font-weight:600}"
)
_WORDS = {LineKind.HOURS: "Hours", LineKind.FIXED_RATE: "Fixed rate", LineKind.SUBMISSION: "Submitted work",
          LineKind.BONUS: "Bonus"}
SEGMENTS_PER_HOUR = 6


def file_name(invoice: Invoice) -> str:
    """Return the name under which the document is kept."""
    return f"invoice-{invoice.client_id}-{invoice.number:06}.html"


def document_of(invoice: Invoice) -> str:
    """Return the whole document."""
    facts = [
        ("Invoice", f"{invoice.number} of client {invoice.client_id}"), ("Id", invoice.id),
        ("Contract", f"{invoice.contract_id}, its invoice {invoice.contract_number} ({invoice.profile})"),
        ("Client", invoice.client_id), ("Freelancer", invoice.freelancer_id),
        ("Issued", _day(format_instant(invoice.issued_at))), ("Status", invoice.status.value.replace("_", " ")),
    ]
    if invoice.paid_at is not None:
        facts.append(("Paid", f"{_day(format_instant(invoice.paid_at))} from "
                              f"{'escrow' if invoice.paid_from == 'escrow' else 'a charge'}"))
    sums = [("Work", invoice.gross), ("Client fee", invoice.client_fee), ("Contract initiation fee",
            invoice.initiation_fee), (f"Total in {invoice.currency}", invoice.client_total)]
    title = f"Invoice {invoice.number}"
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title><style>{_STYLE}</style>"
        f"<h1>{title}</h1><table>{''.join(f'<tr><th>{name}<td>{escape(value)}' for name, value in facts)}</table>"
        f"<table><thead><tr><th>What<th>Quantity<th class=amount>Amount</thead>"
        f"<tbody>{''.join(_line(line) for line in invoice.lines)}</tbody>"
        f"<tfoot>{''.join(_sum(name, amount) for name, amount in sums if amount or name.startswith(('Work', 'Total')))}"
        f"</tfoot></table><p>Of the work the freelancer receives {_money(invoice.net)} after a fee of "
        f"{_money(invoice.fee)}. Dates are UTC.</p></html>\n"
    )


def _line(line: InvoiceLine) -> str:
    what = _WORDS[line.kind]
    if line.week_start is not None:
        what += f", week of {_day(format_instant(line.week_start))}"
    quantity = ""
    if line.segments is not None and line.hourly_rate is not None:
        hours, rest = divmod(line.segments, SEGMENTS_PER_HOUR)
        quantity = f"{hours} h {rest * 10} min at {_money(line.hourly_rate)}"
    return f"<tr><td>{what}<td>{quantity}<td class=amount>{_money(line.gross)}"


def _sum(name: str, amount: Money) -> str:
    return f"<tr><td>{name}<td><td class=amount>{_money(amount)}"


def _money(amount: Money) -> str:
    return f"{amount} {amount.currency}"


def _day(written: str) -> str:
    return written.partition("T")[0]
