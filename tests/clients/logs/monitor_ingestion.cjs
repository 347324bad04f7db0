// @azure/monitor-ingestion
'use strict';
const {LogsIngestionClient, isAggregateLogsUploadError} = require('@azure/monitor-ingestion');
const {settings, credential, check, checkEqual, ask, run} = require('./checks.cjs');

run(async () => {
  const client = new LogsIngestionClient(settings.url, credential, {retryOptions: {maxRetries: 0}});
  const rule = 'dcr-' + settings.workspace.replace(/-/g, '');
  const now = new Date().toISOString();
  await client.upload(rule, 'Custom-Orders_CL', [
    {TimeGenerated: now, Customer: 'a', Amount: 1.5, Lines: 2, Extra: {x: 1}},
    {TimeGenerated: now, Customer: 'b', Amount: 3, Lines: 1},
  ]);
  checkEqual('rows of a new table are there at once',
             await ask('Orders_CL | project Customer, Amount, Lines, tostring(Extra.x) | sort by Customer asc'),
             [['a', 1.5, 2, '1'], ['b', 3, 1, '']]);

  // Ten thousand rows go in several compressed requests at once.
  const many = [];
  for (let i = 0; i < 10000; ++i) many.push({TimeGenerated: now, Customer: 'many', Amount: i, Text: 'x'.repeat(300)});
  await client.upload(rule, 'Custom-Orders_CL', many, {maxConcurrency: 5});
  checkEqual('many rows arrive each once', await ask('Orders_CL | where Customer == "many" | summarize count(), dcount(Amount, 4), sum(Amount)'),
             [[10000, 10000, 49995000]]);

  try {
    await client.upload('dcr-00000000000000000000000000000000', 'Custom-Orders_CL', [{a: 1}]);
    check('an unknown rule is an error', false);
  } catch (error) {
    check('an unknown rule is an error', isAggregateLogsUploadError(error) && error.errors[0].cause.statusCode === 404, String(error));
  }
  try {
    await client.upload(rule, 'Microsoft-Nothing', [{a: 1}]);
    check('a stream that is no custom table is refused', false);
  } catch (error) {
    checkEqual('a stream that is no custom table is refused', error.errors.map(one => one.cause.statusCode), [400]);
  }
});
