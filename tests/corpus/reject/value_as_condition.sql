-- expect: ORA-00920 2:24
select a from t where a
