// The real stage on a run without a service: what it wants is fetched from the test's own server, bundle by bundle.

import { boardOf, mount } from "/live/assets/stage.js";

const asked = new URLSearchParams(location.search);
if (asked.get("theme") === "dark") document.documentElement.dataset.dark = "";
const parentElement = document.querySelector(".host");
window.told = [];
let wanted = { probes: [], setup: "", requests: [] };
let fetching = false;
let again = false;

const component = {
  parentElement,
  setStateValue(name, value) {
    if (name !== "wanted") return;
    wanted = value;
    fetchBundle();
  },
  setTriggerValue(name, value) {
    if (name === "proposal") window.told.push(value);
  },
};

async function fetchBundle() {
  if (fetching) return void (again = true);
  fetching = true;
  const answer = await fetch(`/bundle${location.search}`, { method: "POST", body: JSON.stringify(wanted) });
  mount({ ...component, data: new Uint8Array(await answer.arrayBuffer()) });
  fetching = false;
  if (again || wanted.requests.length) {
    again = false;
    fetchBundle();
  }
}

window.refresh = fetchBundle;
await fetchBundle();
window.stage = boardOf(parentElement);
document.body.dataset.ready = "true";
