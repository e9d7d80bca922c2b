"""How each act reaches the suite: one row per act of the language.

Must never decide whether an act was right: the services do.
"""

from tools.scenarios.act_fields import Asking, on_contract
from tools.scenarios.contract_acts import describe_milestone, edit_milestone, offer, on_milestone
from tools.scenarios.money_acts import (
    add_payout_method,
    file_chargeback,
    on_dispute,
    open_dispute,
    pay_invoice,
    redeliver,
    request_payout,
    set_charges,
    set_rail,
    set_schedule,
    win_chargeback,
)
from tools.scenarios.work_acts import delete_time, edit_time, log_time, on_review, submit_work

ASKING: dict[str, Asking] = {
    "contract.offer": offer,
    "contract.accept": on_contract("contracts", "/accept"),
    "contract.decline": on_contract("contracts", "/decline"),
    "contract.end": on_contract("contracts", "/end", "refund"),
    "contract.pause": on_contract("contracts", "/pause"),
    "contract.resume": on_contract("contracts", "/resume"),
    "milestone.add": describe_milestone,
    "milestone.propose": describe_milestone,
    "milestone.accept": on_milestone("accept"),
    "milestone.edit": edit_milestone,
    "milestone.activate": on_milestone("activate"),
    "limit.set": on_contract("contracts", "/weekly_limit", "weekly_limit_hours", method="PUT"),
    "work.submit": submit_work,
    "work.approve": on_review("approve"),
    "work.request_changes": on_review("request_changes"),
    "time.log": log_time,
    "time.edit": edit_time,
    "time.delete": delete_time,
    "hours.object": on_contract("invoicing", "/objection", "note"),
    "hours.withdraw_objection": on_contract("invoicing", "/objection", method="DELETE"),
    "bonus.give": on_contract("invoicing", "/bonuses", "amount"),
    "refund.give": on_contract("invoicing", "/refunds", "amount"),
    "refund.accept": on_contract("contracts", "/refund/accept"),
    "refund.decline": on_contract("contracts", "/refund/decline"),
    "invoice.pay": pay_invoice,
    "charges.set": set_charges,
    "rail.set": set_rail,
    "payout.method": add_payout_method,
    "payout.request": request_payout,
    "payout.schedule": set_schedule,
    "dispute.open": open_dispute,
    "dispute.accept": on_dispute("accept"),
    "dispute.withdraw": on_dispute("withdraw"),
    "dispute.respond": on_dispute("respond"),
    "dispute.opt_in": on_dispute("opt_in"),
    "dispute.decide": on_dispute("decide", "to_freelancer"),
    "chargeback.file": file_chargeback,
    "chargeback.won": win_chargeback,
    "classification.decide": on_contract("contracts", "/classification", "outcome"),
    "redeliver": redeliver,
}
