-- expect: ORA-00920 2:25
select a from t where a and b = 1
