// @azure/monitor-query
'use strict';
const {LogsQueryClient, LogsQueryResultStatus, Durations} = require('@azure/monitor-query');
const {settings, credential, check, checkEqual, run} = require('./checks.cjs');

run(async () => {
  const client = new LogsQueryClient(credential, {endpoint: settings.url, retryOptions: {maxRetries: 0}});
  const query = (text, timespan = {duration: Durations.oneDay}, options = {}) =>
      client.queryWorkspace(settings.workspace, text, timespan, options);

  let result = await query('print a = 1, b = "x", c = dynamic({"k":[1]}), d = datetime(2026-01-02 03:04:05.5), e = real(nan), f = 1.5h, g = true');
  checkEqual('a workspace query succeeds', result.status, LogsQueryResultStatus.Success);
  checkEqual('its columns have names and types', result.tables[0].columnDescriptors.map(c => `${c.name}:${c.type}`),
             ['a:long', 'b:string', 'c:dynamic', 'd:datetime', 'e:real', 'f:timespan', 'g:bool']);
  checkEqual('its cells are values', result.tables[0].rows[0],
             [1, 'x', {k: [1]}, new Date('2026-01-02T03:04:05.5Z'), 'NaN', '01:30:00', true]);

  result = await query('traces | where message == "client row" | project timestamp', {startTime: new Date(Date.now() - 3600e3), endTime: new Date(Date.now() + 60e3)});
  checkEqual('a timespan of two times has the row', result.tables[0].rows.length, 1);
  result = await query('traces | where message == "client row"', {startTime: new Date('2020-01-01'), duration: 'P1D'});
  checkEqual('another timespan has not', result.tables[0].rows.length, 0);
  result = await query('traces | where message == "client row"', {duration: 'PT1H', endTime: new Date('2020-01-01')});
  checkEqual('nor has one that ends before it', result.tables[0].rows.length, 0);

  result = await query('print x = 1 | render piechart', {duration: 'PT1H'},
                       {serverTimeoutInSeconds: 30, includeQueryStatistics: true, includeVisualization: true});
  check('statistics come when asked for', result.statistics && result.statistics.query.executionTime >= 0, result.statistics);
  checkEqual('so does the visualization', result.visualization.visualization, 'piechart');

  try {
    await query('traces\n| where nothing == 1');
    check('a mistake is an error', false);
  } catch (error) {
    checkEqual('a mistake is an error', [error.statusCode, error.code], [400, 'BadArgumentError']);
    const inner = JSON.parse(error.response.bodyAsText).error.innererror.innererror;
    checkEqual('with code, line and position', [inner.code, inner.line, inner.pos], ['SEM0100', 2, 8]);
  }
  try {
    await client.queryWorkspace('00000000-0000-0000-0000-00000000dead', 'print 1', {duration: 'P1D'});
    check('an unknown workspace is an error', false);
  } catch (error) {
    checkEqual('an unknown workspace is an error', error.statusCode, 404);
  }

  result = await query('range x from 1 to 600000 step 1');
  checkEqual('too many rows are a partial failure', result.status, LogsQueryResultStatus.PartialFailure);
  checkEqual('with the rows that could be sent', result.partialTables[0].rows.length, 500000);
  checkEqual('and an error', result.partialError.code, 'PartialError');

  const batch = await client.queryBatch([
    {workspaceId: settings.workspace, query: 'print 1', timespan: {duration: 'P1D'}},
    {workspaceId: settings.workspace, query: 'nothing', timespan: {duration: 'P1D'}},
    {workspaceId: settings.workspace, query: 'print x = 2 | render table', timespan: {duration: 'P1D'}, includeQueryStatistics: true, includeVisualization: true},
  ]);
  checkEqual('a batch has an outcome a query', batch.map(one => one.status), ['Success', 'Failure', 'Success']);
  checkEqual('with its rows', batch[2].tables[0].rows, [[2]]);
  check('and its statistics', batch[2].statistics.query, batch[2].statistics);

  const resource = '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/Microsoft.OperationalInsights/workspaces/default';
  result = await client.queryResource(resource, 'print 5', {duration: 'P1D'});
  checkEqual('a resource is queried', result.tables[0].rows, [[5]]);
});
