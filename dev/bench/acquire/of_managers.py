"""Pages that managers look after the salon with: tasks, shifts, days, books, people, settings, the trail."""

from datetime import timedelta

from dev.bench.acquire.visitor import Visit, ask_all
from dev.bench.material.past import Past
from shared.clock import almaty_date, utc_now


def list_manager_pages(past: Past) -> dict[str, Visit]:
    """Name -> how it is asked for."""
    today = almaty_date(utc_now())
    last_month = today.replace(day=1) - timedelta(days=1)
    people = 20
    return {
        **ask_all(
            {
                "tasks": "/acquire/tasks",
                "the tenth page of tasks": "/acquire/tasks?page=10",
                "tasks put off": "/acquire/tasks?show=later",
                "tasks of one reason": "/acquire/tasks/retry?code=7",
                "shift": "/acquire/shift",
                "counting a drawer": "/acquire/shift/1/close",
                "cash in and out": "/acquire/drawer",
                "shifts and reports": "/acquire/shifts",
                "a Z-report": "/acquire/shifts/1",
                "day": "/acquire/day",
                "day of last month": f"/acquire/day?day={last_month}",
                "books of today": "/acquire/books",
                "books of this month": f"/acquire/books?month={today:%Y-%m}",
                "people": "/acquire/people",
                "a new account": "/acquire/people/new",
                "registers": "/acquire/registers",
                "settings": "/acquire/settings",
                "set-up": "/acquire/setup",
                "own account": "/acquire/account",
                "who did what": "/acquire/audit",
                "who did what: payments": "/acquire/audit?action=payment_taken",
                "who did what: a rare deed": "/acquire/audit?action=return_ordered",
                "who did what: a person": "/acquire/audit?person=1",
                "who did what: one who did nothing": "/acquire/audit?person=2",
                "who did what: a rare deed of nobody's": "/acquire/audit?action=z_report_ordered&person=1",
            }
        ),
        "another day's figures": lambda visitor, number: visitor.get(f"/acquire/day?day={past.choose_day(number)}"),
        "books of another day": lambda visitor, number: visitor.get(f"/acquire/books?day={past.choose_day(number)}"),
        "an account": lambda visitor, number: visitor.get(f"/acquire/people/{1 + number % people}"),
        "an order of a register": lambda visitor, number: visitor.get(f"/acquire/orders/{1 + number % 20}"),
        "who did what on another day": lambda visitor, number: visitor.get(f"/acquire/audit?day={past.choose_day(number)}"),
    }
