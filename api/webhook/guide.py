"""Writes the guide of `/docs`: how to post a webhook, what each answer means, how to try it with the demo. Pure."""

from api.webhook.openapi import ANSWERS

_TODO = {
    200: "nothing; a duplicate is as good as stored",
    400: "send JSON",
    401: "give Altegio the address with ALTEGIO_WEBHOOK_SECRET, or sign the body",
    413: "send fewer envelopes at once",
    422: "mend the field that is named, or look at the delivery on the wire",
    429: "repeat; Altegio does so by itself",
    503: "repeat; Altegio does so by itself",
}
_GUIDE = """
Turns payments in Altegio into fiscal receipts of Webkassa: none lost, none doubled.

### In three steps

1. Altegio posts `POST /api/webhook/{{secret}}`: one envelope or a list. Whoever signs posts `POST /api/webhook` with
   `X-Altegio-Signature`, the hex HMAC-SHA256 of the raw body.
2. The answer comes when the delivery is stored, with `record_id` and `status_url`. Its receipt is made afterwards.
3. `GET /api/webhook/status/{{id}}` says what became of it: state alone, or all of it with the header
   `X-Webhook-Secret` or by `status_url`.

### Answers

| code | what it means | what to do |
|---|---|---|
{answers}

Every answer has `success`, `message` and `record_id`; a list has `results` as well, one for each envelope.

### Try it with the demo

`make demo` starts everything on this machine with a simulated Webkassa and prints these addresses. In its folder:

```
curl -d @.demo/visit.json "$(cat .demo/webhook-url)"
```

Change `resource_id`, `data.id` and the price in `visit.json`, post it again, and follow it on `/acquire/wire`; the
receipt is in the simulator's ledger, `/_sim/receipts`. "Try it out" below posts as well: paste the
secret of `.demo/webhook-secret`.
"""


def write_guide() -> str:
    """Returns the guide as Markdown."""
    rows = [f"| {code} | {answer['description']} | {_TODO[int(code)]} |" for code, answer in ANSWERS.items()]
    return _GUIDE.format(answers="\n".join(rows)).strip()
