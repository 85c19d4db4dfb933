// What is left, and every line of the ledger.

import { read } from "./api.js";
import { $ } from "./dom.js";
import { number } from "./format.js";
import { Paged, empty, fill, openHub, tell } from "./hub.js";
import { ledgerTable } from "./ledger.js";

openHub("read", async () => {
  const ledger = new Paged("/v1/credits", $("#more"), (entries) => $("#ledger").replaceChildren(entries.length ? ledgerTable(entries)
    : empty("coins", "Nothing was charged or granted yet", "Every edit will have its line here.")));
  const reading = fill($("#ledger"), async () => {
    await ledger.load();
    return [...$("#ledger").childNodes];
  });
  try {
    const { balance, spent, tier, unlimited } = await read("/v1/account");
    $("#balance").textContent = number(balance);
    $("#balance-note").textContent = unlimited ? "unlimited" : "credits";
    $("#spent").textContent = number(spent);
    $("#tier").textContent = tier;
  } catch (error) {
    tell(error);
  }
  await reading;
});
