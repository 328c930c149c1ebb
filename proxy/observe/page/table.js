// A table of records that sorts by any of its columns; choice, filter and opened texts stay while it is refreshed.
class Table {
  // columns: { name, label, kind: 'text' | 'n' | 'why' | '', show(record) }; key: the field that tells rows apart.
  constructor(id, key, columns, order, purge) {
    Object.assign(this, { id, key, columns, order, up: false, list: [], filter: '', rows: new Map() });
    this.table = find(id);
    const head = element('tr');
    for (const column of columns) {
      const button = element('button', { type: 'button', textContent: column.label });
      button.onclick = () => this.sort(column);
      const cell = element('th', { className: column.kind === 'n' ? 'n' : '' }, button);
      cell.dataset.name = column.name;
      head.append(cell);
    }
    head.append(element('th', { className: 'bare' }));
    this.table.tHead.append(head);
    this.table.tBodies[0].onclick = (event) => {
      const row = event.target.closest('tr'), record = row && this.rows.get(row.dataset.key)?.record;
      if (!record) return;
      if (event.target.closest('.purge')) purge(record);
      const text = event.target.closest('td.text div');
      if (text && !getSelection().toString()) text.classList.toggle('open');
    };
  }
  sort(column) {
    this.up = this.order === column.name ? !this.up : column.kind === 'text';
    this.order = column.name;
    this.render();
  }
  set(list) { this.list = list; this.render(); }
  shown() {
    const wanted = this.filter.toLowerCase(), sign = this.up ? 1 : -1;
    const text = (record) => String(record[this.order] ?? '');
    return this.list.filter((record) => !wanted || JSON.stringify(Object.values(record)).toLowerCase().includes(wanted))
      .sort((a, b) => typeof a[this.order] === 'number' ? sign * (a[this.order] - b[this.order]) || (a[this.key] < b[this.key] ? -1 : 1) :
        sign * text(a).localeCompare(text(b)));
  }
  render() {
    for (const cell of this.table.tHead.rows[0].cells) {
      if (cell.dataset.name === this.order) cell.setAttribute('aria-sort', this.up ? 'ascending' : 'descending');
      else cell.removeAttribute('aria-sort');
    }
    find(this.id + '-none').hidden = this.list.length > 0;
    this.table.hidden = this.list.length === 0;
    const list = this.shown(), body = this.table.tBodies[0], used = new Set();
    list.forEach((record, i) => {
      const key = String(record[this.key]);
      used.add(key);
      let row = this.rows.get(key);
      if (!row) this.rows.set(key, row = this.make(key));
      row.record = record;
      this.fill(row, record);
      if (body.children[i] !== row.line) body.insertBefore(row.line, body.children[i] ?? null);
    });
    for (const [key, row] of this.rows) {
      if (!used.has(key)) { row.line.remove(); this.rows.delete(key); }
    }
  }
  make(key) {
    const line = element('tr');
    line.dataset.key = key;
    for (const column of this.columns) {
      const cell = element('td', { className: column.kind });
      if (column.kind === 'text') cell.append(element('div'));
      cell.dataset.label = column.label;
      line.append(cell);
    }
    line.append(element('td', { className: 'actions' }, element('button', { type: 'button', className: 'purge', textContent: 'Purge' })));
    return { line };
  }
  fill(row, record) {
    this.columns.forEach((column, i) => {
      const cell = row.line.cells[i], box = column.kind === 'text' ? cell.firstChild : cell, text = column.show(record);
      if (box.textContent !== text) box.textContent = text;
      if (column.kind === 'n') cell.classList.toggle('zero', record[column.name] === 0);
      if (column.title) { const title = column.title(record); title ? cell.title = title : cell.removeAttribute('title'); }
    });
  }
}
