-- expect: ORA-00900 2:1
exec dbms_stats.gather_schema_stats(null)
