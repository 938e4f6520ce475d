-- expect: ORA-00905 2:35
select * from t fetch first 5 rows
