<?php
// Prints what programs on mysqli and PDO see: run straight and through Sabil, the two must be the same.
mysqli_report(MYSQLI_REPORT_OFF);
$port = (int)$argv[1];
$m = new mysqli("127.0.0.1", "drivers", "pw", "drivers", $port);
$m->set_charset("utf8mb4");
for ($turn = 0; $turn < 3; $turn++) {
    $r = $m->query("SELECT * FROM kinds ORDER BY id");
    var_dump($r->fetch_all(MYSQLI_ASSOC), $r->num_rows, $m->field_count, $m->warning_count);
    $fields = array_map(fn($f) => [$f->name, $f->type, $f->flags, $f->length, $f->charsetnr], $r->fetch_fields());
    var_dump($fields);
    $s = $m->prepare("SELECT id, name, amount FROM kinds WHERE id = ? OR name = ?");
    foreach ([[1, "two"], [2, "one"], [1, "two"]] as [$id, $name]) {
        $s->bind_param("is", $id, $name);
        $s->execute();
        var_dump($s->get_result()->fetch_all());
    }
    $s->close();
    var_dump($m->query("SELECT SQL_CALC_FOUND_ROWS id FROM kinds LIMIT 1")->fetch_all());
    var_dump($m->query("SELECT FOUND_ROWS()")->fetch_all());
}
var_dump($m->query("SELECT nothing FROM kinds"), $m->errno, $m->error, $m->sqlstate);
var_dump($m->query("UPDATE kinds SET amount = amount WHERE id = 1"), $m->affected_rows, $m->info);
var_dump($m->multi_query("SELECT 1; SELECT id FROM kinds ORDER BY id"));
do {
    if ($r = $m->store_result()) var_dump($r->fetch_all());
} while ($m->more_results() && $m->next_result());
$m->close();
foreach ([true, false] as $emulate) {
    $p = new PDO("mysql:host=127.0.0.1;port=$port;dbname=drivers;charset=utf8mb4", "drivers", "pw",
                 [PDO::ATTR_EMULATE_PREPARES => $emulate, PDO::ATTR_ERRMODE => PDO::ERRMODE_SILENT]);
    for ($turn = 0; $turn < 3; $turn++) {
        $s = $p->prepare("SELECT * FROM kinds WHERE id = :id");
        foreach ([1, 2, "1", null] as $id) {
            $s->execute(["id" => $id]);
            var_dump($s->fetchAll(PDO::FETCH_ASSOC), $s->rowCount());
        }
    }
    $p->beginTransaction();
    var_dump($p->exec("UPDATE kinds SET amount = amount + 1 WHERE id = 3"));
    var_dump($p->query("SELECT amount FROM kinds WHERE id = 3")->fetchAll());
    $p->rollBack();
    var_dump($p->query("SELECT amount FROM kinds WHERE id = 3")->fetchAll());
    var_dump($p->query("SELECT nothing FROM kinds"), $p->errorInfo());
}
