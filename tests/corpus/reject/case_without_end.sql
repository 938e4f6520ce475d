-- expect: ORA-00905 2:33
select case when a = 1 then 'x' from t
