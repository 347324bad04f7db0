// @azure/monitor-query-logs
'use strict';
const {LogsQueryClient, LogsQueryResultStatus} = require('@azure/monitor-query-logs');
const {settings, credential, check, checkEqual, run} = require('./checks.cjs');

run(async () => {
  const client = new LogsQueryClient(credential, {endpoint: settings.url + '/v1', retryOptions: {maxRetries: 0}});
  let result = await client.queryWorkspace(settings.workspace, 'print a = 1, n = datetime(null)', {duration: 'P1D'},
                                           {includeQueryStatistics: true, includeVisualization: true});
  checkEqual('a workspace query succeeds', [result.status, result.tables[0].rows], [LogsQueryResultStatus.Success, [[1, null]]]);
  check('statistics come when asked for', result.statistics && result.statistics.query, result.statistics);
  result = await client.queryResource('/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/Microsoft.Insights/components/default',
                                      'traces | where message == "client row" | count', {duration: 'P1D'});
  checkEqual('a component is queried by its resource id', result.tables[0].rows, [[1]]);
  const batch = await client.queryBatch([
    {workspaceId: settings.workspace, query: 'print 1', timespan: {duration: 'P1D'}},
    {workspaceId: settings.workspace, query: 'nothing', timespan: {duration: 'P1D'}},
  ]);
  checkEqual('a batch keeps its order', batch.map(one => one.status), ['Success', 'PartialFailure']);
  try {
    await client.queryWorkspace(settings.workspace, 'traces | taek 5', {duration: 'P1D'});
    check('a mistake is an error', false);
  } catch (error) {
    checkEqual('a mistake is an error', [error.statusCode, error.code], [400, 'BadArgumentError']);
  }
});
