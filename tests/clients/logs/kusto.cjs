// azure-kusto-data
'use strict';
const {settings, check, checkEqual, run} = require('./checks.cjs');

run(async () => {
  // An ES module, which Node 18 takes in no other way.
  const {Client, KustoConnectionStringBuilder, ClientRequestProperties, kustoTrustedEndpoints, MatchRule} = await import('azure-kusto-data');
  // The client talks to Azure's own hosts alone until it is told of another.
  kustoTrustedEndpoints.addTrustedHosts([new MatchRule('localhost', true)], false);
  const client = new Client(KustoConnectionStringBuilder.withAccessToken(settings.url, settings.token));
  let result = await client.execute('default', 'print a = 1, b = "x", c = dynamic({"k":[1]}), d = datetime(2026-01-02 03:04:05.5), f = 1.5h, g = real(nan)');
  let table = result.primaryResults[0];
  checkEqual('columns have names and types', table.columns.map(c => `${c.name}:${c.type}`), ['a:long', 'b:string', 'c:dynamic', 'd:datetime', 'f:timespan', 'g:real']);
  const row = [...table.rows()][0].toJSON();
  checkEqual('cells are values', [row.a, row.b, row.c, row.d, row.f], [1, 'x', {k: [1]}, new Date('2026-01-02T03:04:05.5Z'), 5400000]);
  result = await client.executeQueryV1('default', 'print x = 7');
  checkEqual('the first version of the protocol is spoken too', [...result.primaryResults[0].rows()][0].toJSON(), {x: 7});
  const properties = new ClientRequestProperties();
  properties.setTimeout(60000);
  result = await client.execute(settings.workspace, 'traces | where message == "client row" | count', properties);
  checkEqual('a database is a workspace, by its id too', [...result.primaryResults[0].rows()][0].toJSON(), {Count: 1});
  properties.setParameter('wanted', 'client row');
  properties.setParameter('least', 'int(0)');
  result = await client.execute('default', 'declare query_parameters(wanted:string, least:int); traces | where message == wanted and strlen(message) > least | count', properties);
  checkEqual('parameters come beside the query', [...result.primaryResults[0].rows()][0].toJSON(), {Count: 1});
  result = await client.execute('default', '.show tables');
  check('.show tables lists the tables', [...result.primaryResults[0].rows()].some(r => r.toJSON().TableName === 'AppTraces'));
  result = await client.execute('default', '.show database default schema as json');
  const schema = JSON.parse([...result.primaryResults[0].rows()][0].toJSON().DatabaseSchema);
  check('the schema is told as JSON', schema.Databases.default.Tables.AppTraces.OrderedColumns.length > 10);
  for (const [what, query, wanted] of [['a mistake is an error', 'traces | where nothing == 1', 'SEM0100'], ['an unknown command is named', '.drop table AppTraces', 'not supported']]) {
    try {
      await client.execute('default', query);
      check(what, false);
    } catch (error) {
      check(what, JSON.stringify(error.response && error.response.data || String(error)).includes(wanted), String(error));
    }
  }
});
