-- expect: ORA-00923 2:9
select *, a from t
