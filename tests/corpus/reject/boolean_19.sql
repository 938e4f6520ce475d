-- expect: ORA-00920 2:27
select a from t where true
