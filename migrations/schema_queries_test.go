package migrations_test

// postgresSchema and sqliteSchema are queries whose rows are lines about tables, with the same words in both.
func postgresSchema() []string {
	return []string{
		`SELECT table_name || ' column ' || column_name || CASE is_nullable WHEN 'NO' THEN ' NOT NULL' ELSE '' END
			|| CASE is_identity WHEN 'YES' THEN ' GENERATED' ELSE '' END || coalesce(' DEFAULT ' || column_default, '')
		FROM information_schema.columns
		WHERE table_schema = 'public' AND table_name LIKE 'wechat%' AND table_name NOT LIKE 'wechat_migration%'`,

		`SELECT conrelid::regclass || CASE contype WHEN 'p' THEN ' primary key ' ELSE ' unique ' END
			|| (SELECT string_agg(attname, ', ' ORDER BY n) FROM unnest(conkey) WITH ORDINALITY AS k(num, n)
				JOIN pg_attribute ON attrelid = conrelid AND attnum = num)
		FROM pg_constraint
		WHERE contype IN ('p', 'u') AND conrelid::regclass::text LIKE 'wechat%'
			AND conrelid::regclass::text NOT LIKE 'wechat_migration%'`,

		`SELECT conrelid::regclass || ' foreign key '
			|| (SELECT string_agg(attname, ', ' ORDER BY n) FROM unnest(conkey) WITH ORDINALITY AS k(num, n)
				JOIN pg_attribute ON attrelid = conrelid AND attnum = num)
			|| ' references ' || confrelid::regclass || ' '
			|| (SELECT string_agg(attname, ', ' ORDER BY n) FROM unnest(confkey) WITH ORDINALITY AS k(num, n)
				JOIN pg_attribute ON attrelid = confrelid AND attnum = num)
			|| ' ON DELETE ' || CASE confdeltype WHEN 'a' THEN 'NO ACTION' WHEN 'c' THEN 'CASCADE' ELSE confdeltype::text END || ' ON UPDATE ' || CASE confupdtype WHEN 'a' THEN 'NO ACTION' WHEN 'c' THEN 'CASCADE' ELSE confupdtype::text END
		FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text LIKE 'wechat%'`,

		`SELECT indrelid::regclass || CASE WHEN indisunique THEN ' unique' ELSE '' END || ' index ' || indexrelid::regclass || ' ('
			|| (SELECT string_agg(pg_get_indexdef(indexrelid, n::int, true) || CASE opt & 1 WHEN 1 THEN ' DESC' ELSE '' END, ', ' ORDER BY n)
				FROM unnest(indoption) WITH ORDINALITY AS k(opt, n))
			|| ')' || coalesce(' WHERE ' || pg_get_expr(indpred, indrelid), '')
		FROM pg_index
		WHERE indrelid::regclass::text LIKE 'wechat%' AND indrelid::regclass::text NOT LIKE 'wechat_migration%'
			AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'))`,
	}
}

func sqliteSchema() []string {
	return []string{
		`SELECT m.name || ' column ' || c.name || CASE WHEN c."notnull" = 1 OR c.pk > 0 THEN ' NOT NULL' ELSE '' END
			|| CASE WHEN c.pk > 0 AND m.sql LIKE '%AUTOINCREMENT%' THEN ' GENERATED' ELSE '' END
			|| coalesce(' DEFAULT ' || c.dflt_value, '')
		FROM sqlite_master AS m, pragma_table_info(m.name) AS c
		WHERE m.type = 'table' AND m.name LIKE 'wechat%' AND m.name NOT LIKE 'wechat_migration%'`,

		`SELECT m.name || ' primary key ' || group_concat(c.name, ', ' ORDER BY c.pk)
		FROM sqlite_master AS m, pragma_table_info(m.name) AS c
		WHERE m.type = 'table' AND m.name LIKE 'wechat%' AND m.name NOT LIKE 'wechat_migration%' AND c.pk > 0 GROUP BY m.name`,

		`SELECT m.name || ' unique ' || (SELECT group_concat(c.name, ', ' ORDER BY c.seqno) FROM pragma_index_info(i.name) AS c)
		FROM sqlite_master AS m, pragma_index_list(m.name) AS i
		WHERE m.type = 'table' AND m.name LIKE 'wechat%' AND m.name NOT LIKE 'wechat_migration%' AND i.origin = 'u'`,

		`SELECT m.name || ' foreign key ' || group_concat(f."from", ', ' ORDER BY f.seq) || ' references ' || f."table" || ' '
			|| group_concat(f."to", ', ' ORDER BY f.seq) || ' ON DELETE ' || f.on_delete || ' ON UPDATE ' || f.on_update
		FROM sqlite_master AS m, pragma_foreign_key_list(m.name) AS f
		WHERE m.type = 'table' AND m.name LIKE 'wechat%' GROUP BY m.name, f.id`,

		`SELECT m.name || CASE i."unique" WHEN 1 THEN ' unique' ELSE '' END || ' index ' || i.name || ' ('
			|| (SELECT group_concat(c.name || CASE c."desc" WHEN 1 THEN ' DESC' ELSE '' END, ', ' ORDER BY c.seqno)
				FROM pragma_index_xinfo(i.name) AS c WHERE c.key = 1)
			|| ')' || CASE i.partial WHEN 1 THEN substr(x.sql, instr(x.sql, ' WHERE ')) ELSE '' END
		FROM sqlite_master AS m, pragma_index_list(m.name) AS i, sqlite_master AS x
		WHERE m.type = 'table' AND m.name LIKE 'wechat%' AND m.name NOT LIKE 'wechat_migration%' AND i.origin = 'c'
			AND x.name = i.name`,
	}
}
