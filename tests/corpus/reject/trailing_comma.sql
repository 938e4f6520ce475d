-- expect: ORA-00936 2:11
select a, from t
