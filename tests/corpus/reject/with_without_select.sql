-- expect: ORA-00928 2:32
with x as (select 1 from dual) delete from t
