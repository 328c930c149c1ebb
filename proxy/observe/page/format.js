'use strict';
const find = (id) => document.getElementById(id);
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();

const short = (n) => n >= 100 ? n.toFixed(0) : n >= 10 ? n.toFixed(1) : n.toFixed(2);
const count = (n) => n >= 1e9 ? short(n / 1e9) + ' G' : n >= 1e6 ? short(n / 1e6) + ' M' : n >= 1e4 ? short(n / 1e3) + ' k' :
  n >= 100 || Number.isInteger(n) ? String(Math.round(n)) : n.toFixed(1);
const bytes = (n) => n >= 2 ** 30 ? short(n / 2 ** 30) + ' GB' : n >= 2 ** 20 ? short(n / 2 ** 20) + ' MB' :
  n >= 1024 ? short(n / 1024) + ' KB' : n + ' B';
const seconds = (s) => s <= 0 ? '0' : s < 1e-3 ? short(s * 1e6) + ' µs' : s < 1 ? short(s * 1e3) + ' ms' : s < 120 ? short(s) + ' s' : span(s);
const percent = (part, whole) => whole > 0 ? (part === whole ? '100' : (100 * part / whole).toFixed(1)) : null;
const span = (s) => s >= 86400 ? Math.floor(s / 86400) + ' d ' + Math.floor(s % 86400 / 3600) + ' h' :
  s >= 3600 ? Math.floor(s / 3600) + ' h ' + Math.floor(s % 3600 / 60) + ' min' :
  s >= 60 ? Math.floor(s / 60) + ' min ' + Math.floor(s % 60) + ' s' : Math.floor(s) + ' s';
const clock = (ms) => new Date(ms).toLocaleTimeString([], { hour12: false });

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

// "1.23 ms" with its unit set smaller.
function figure(id, text) {
  const [number, ...unit] = text.split(' ');
  const box = find(id);
  if (box.dataset.text === text) return;
  box.dataset.text = text;
  box.replaceChildren(number, ...unit.length ? [element('small', {}, unit.join(' '))] : []);
}

const put = (id, text) => { if (find(id).textContent !== text) find(id).textContent = text; };

// What a reason means, in a reader's words.
const meanings = {
  not_select: 'not a SELECT: it goes to the database as it is',
  parse_error: 'the statement is not understood well enough to be sure what it reads',
  nondeterministic: 'calls a function whose value changes by itself',
  session_function: 'calls a function that tells of the session',
  side_effect: 'calls a function that does more than compute',
  unknown_function: 'calls a function that is not known to give the same each time',
  variable: 'reads or sets a variable',
  locking_read: 'locks rows, so it has to reach the database',
  into: 'writes its result somewhere else',
  system_schema: 'reads a system schema',
  no_table: 'reads no table',
  sql_no_cache: 'says SQL_NO_CACHE',
  comment_nocache: 'its comment says sabil:nocache',
  calc_found_rows: 'leaves a count for the next statement',
  multi_statement: 'several statements in one',
  too_large: 'its text or its result is too large',
  warnings: 'its result comes with warnings, which SHOW WARNINGS must find',
  rule: 'a [[rule]] says cache = false',
  in_transaction: 'inside a transaction, which sees its own snapshot',
  autocommit_off: 'autocommit is off, so every read is part of a transaction',
  own_write: 'the session has just written, and the write is not known to be applied yet',
  locked_tables: 'the session holds table locks',
  temporary_table: 'the session has temporary tables',
  unknown_variable: 'the session set a variable whose effect on results is not known',
  sql_log_off: 'the session writes past the binlog',
  read_uncommitted: 'the session reads what is not committed yet',
  opaque_state: 'a routine may have changed the session',
  wrong_server: 'the connection reached another server than the binlog is read from',
  schema_loading: 'the tables were being looked up; the next one can be cached',
  view: 'reads a view whose definition cannot be read: GRANT SHOW VIEW',
  unknown_table: 'the table is not known',
  unlogged_table: 'the table is not in the binlog',
  changes_too_often: 'its rows change before it is read again; it is tried anew from time to time',
  auto_is_null: 'the session set sql_auto_is_null, which lets a condition ask for the row inserted last',
  coherence_off: 'no coherence mode is in force',
  xa_transaction: 'in an XA transaction',
};
