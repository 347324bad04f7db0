// Asks the language's own parser and binder about queries. Reads a JSON list of {tables: [{name, schema}], query} from
// the file named first, whose package is in the folder named second; prints a JSON list of {errors: [{code, message,
// start}], columns: [{name, type}], open} (open: the columns depend on the rows).
'use strict';
const fs = require('fs');
const path = require('path');
const vm = require('vm');

const [questionsFile, packageFolder] = process.argv.slice(2);
for (const file of ['bridge.min.js', 'bridge.meta.min.js', 'Kusto.Language.Bridge.min.js',
                    'Kusto.Language.Bridge.meta.min.js']) {
  vm.runInThisContext(fs.readFileSync(path.join(packageFolder, file), 'utf8'), {filename: file});
}

const {Kusto, System} = globalThis;
const listOf = (list, type) => {
  const items = [];
  for (let i = 0; i < System.Array.getCount(list, type); ++i) items.push(System.Array.getItem(list, i, type));
  return items;
};

function globalsFor(tables) {
  const symbols = tables.map(table => Kusto.Language.Symbols.TableSymbol.From(table.schema).WithName(table.name));
  const database = new Kusto.Language.Symbols.DatabaseSymbol.ctor('db', symbols);
  return Kusto.Language.GlobalState.Default.WithDatabase(database);
}

function ask({tables, query}) {
  const code = Kusto.Language.KustoCode.ParseAndAnalyze(query, globalsFor(tables));
  const errors = listOf(code.GetDiagnostics(), Kusto.Language.Diagnostic)
                     .filter(diagnostic => diagnostic.Severity === 'Error')
                     .map(diagnostic => ({code: diagnostic.Code, message: diagnostic.Message, start: diagnostic.Start}));
  const result = code.ResultType;
  const columns = result && result.Columns
      ? listOf(result.Columns, Kusto.Language.Symbols.ColumnSymbol).map(column => ({name: column.Name, type: column.Type.Name}))
      : [];
  return {errors, columns, open: Boolean(result && result.IsOpen)};
}

const questions = JSON.parse(fs.readFileSync(questionsFile, 'utf8'));
process.stdout.write(JSON.stringify(questions.map(ask)));
