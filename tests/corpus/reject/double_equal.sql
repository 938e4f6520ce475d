-- expect: ORA-00936 2:26
select a from t where a == 1
