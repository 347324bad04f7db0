// What every script here shares: where the server is, questions to it, and checks, one JSON line each.
'use strict';

const settings = {
  url: process.env.SLIPWAY_TLS_URL,  // https://localhost:PORT, verified with NODE_EXTRA_CA_CERTS
  plainUrl: process.env.SLIPWAY_PLAIN_URL,
  token: process.env.SLIPWAY_TOKEN,
  workspace: process.env.SLIPWAY_WORKSPACE,
};
const credential = {getToken: async () => ({token: settings.token, expiresOnTimestamp: Date.now() + 3600e3})};

function check(what, holds, detail) {
  console.log(JSON.stringify({what, ok: Boolean(holds), detail: detail === undefined ? '' : JSON.stringify(detail)}));
}

function checkEqual(what, is, wanted) {
  check(what, JSON.stringify(is) === JSON.stringify(wanted), {is, wanted});
}

// The rows of a query, asked without any client's help.
async function ask(query) {
  const answer = await fetch(`${settings.plainUrl}/v1/workspaces/${settings.workspace}/query`, {
    method: 'POST',
    headers: {'Content-Type': 'application/json', Authorization: `Bearer ${settings.token}`},
    body: JSON.stringify({query}),
  });
  const body = await answer.json();
  if (!answer.ok) throw new Error(JSON.stringify(body));
  return body.tables[0].rows;
}

// Runs a script to its end; what it throws is a failed check.
function run(main) {
  main().then(() => process.exit(0), error => {
    check('the script runs to its end', false, String(error && error.stack || error));
    process.exit(0);
  });
}

module.exports = {settings, credential, check, checkEqual, ask, run};
