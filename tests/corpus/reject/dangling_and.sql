-- expect: ORA-00936 2:32
select a from t where a = 1 and
