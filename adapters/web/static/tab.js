// The tab in Teams: asks Teams who is looking, and shows their page.

import { carry, load } from "./page.js";

const teams = window.microsoftTeams;
let ending = "unsigned"; // what the tab says where it cannot show a page

/** Get a word to carry; true where that went well. */
async function signIn() {
  const token = await teams.authentication.getAuthToken();
  const response = await fetch("/tab/session", { method: "POST", headers: { Authorization: `Bearer ${token}` } });
  if (response.status === 403) ending = "unknown";
  if (!response.ok) return false;
  carry((await response.json()).carry, signIn);
  return true;
}

function wear(theme) {
  document.documentElement.dataset.theme = theme === "default" ? "light" : "dark";
}

function failed() {
  document.getElementById("main").replaceWith(document.getElementById(ending).content.cloneNode(true));
}

async function begin() {
  await teams.app.initialize();
  const context = await teams.app.getContext();
  wear(context.app.theme);
  teams.app.registerOnThemeChangeHandler(wear);
  if (!(await signIn())) throw new Error("not signed in");
  await load("/me");
}

begin().catch(failed);
