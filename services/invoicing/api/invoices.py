"""`/v1/invoices`: list, read, and pay by hand (I6, I10)."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse

from services.invoicing.api.callers import actor_of
from services.invoicing.api.invoice_documents import document_of, file_name
from services.invoicing.api.rendering import invoice_out
from services.invoicing.api.schemas import InvoiceOut, InvoicesOut, LineKindIn, PayIn
from services.invoicing.application.charge_invoice import PayInvoice, pay_invoice
from services.invoicing.application.collections import INVOICES
from services.invoicing.application.queries import InvoiceFilter, get_invoice, list_invoices
from shared.persistence.group_commit import Committer
from shared.persistence.reading import Reading
from shared.web.auth import CallerDep
from shared.web.idempotency import IdempotencyDep, answered, json_answer
from shared.web.pages import PageDep, cursor_invalid, page_out
from shared.web.schemas import InstantIn

_InstantQuery = Annotated[InstantIn | None, Query(description="RFC 3339 with an offset.")]


def invoice_routes(committer: Committer, reading: Reading) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(prefix="/v1/invoices", tags=["invoices"])

    @routes.get("", response_model=None, responses={200: {"model": InvoicesOut}}, summary="List invoices")
    async def list_all(
        caller: CallerDep, page: PageDep,
        contract_id: Annotated[str | None, Query(max_length=100)] = None,
        kind: Annotated[LineKindIn | None, Query(description="The kind of the first line.")] = None,
        issued_from: _InstantQuery = None, issued_before: _InstantQuery = None,
    ) -> Response:
        """List the caller's invoices, oldest first; operators see all. Dates are `[issued_from, issued_before)`."""
        if page.after is not None and len(page.after) != 1:
            raise cursor_invalid()
        wanted = InvoiceFilter(contract_id, issued_from, issued_before, kind)
        found = await list_invoices(
            reading, actor_of(caller), wanted, after=page.after[0] if page.after else None, limit=page.limit + 1)
        return answered(json_answer(
            200, page_out(found, page, key=lambda invoice: (invoice.listed_as,), render=invoice_out)))

    @routes.get("/{invoice_id}", response_model=None, responses={200: {"model": InvoiceOut}}, summary="Read an invoice")
    async def read(invoice_id: str, caller: CallerDep) -> Response:
        """Return one invoice to its parties."""
        return answered(json_answer(200, invoice_out(await get_invoice(reading, actor_of(caller), invoice_id))))

    @routes.get("/{invoice_id}/document", response_class=HTMLResponse, summary="Download an invoice")
    async def document(invoice_id: str, caller: CallerDep) -> HTMLResponse:
        """Return one invoice to its parties as an HTML file to print and keep (I1)."""
        invoice = await get_invoice(reading, actor_of(caller), invoice_id)
        return HTMLResponse(document_of(invoice), headers={
            "Content-Disposition": f'attachment; filename="{file_name(invoice)}"'})

    @routes.post("/{invoice_id}/pay", status_code=202, response_model=None, responses={202: {"model": InvoiceOut}},
                 summary="Pay an invoice by hand")
    async def pay(invoice_id: str, body: PayIn, caller: CallerDep, key: IdempotencyDep) -> Response:
        """Charge an invoice again now, after its charge failed (client); a suspended client may too.

        The outcome follows: `paid`, or `charge_failed` once more. Refused with `NOT_A_PARTY` and
        `INVOICE_NOT_PAYABLE`.
        """
        command = PayInvoice(actor_of(caller), invoice_id)
        return answered(await committer.run(
            pay_invoice, command, caller=caller.subject, reads=[(INVOICES, invoice_id)], idempotency=key,
            render=lambda invoice: json_answer(202, invoice_out(invoice))))

    return routes
